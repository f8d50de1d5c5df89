"""Stand-ins for Discord and Slack, on 127.0.0.1, for tests with real client libraries."""
