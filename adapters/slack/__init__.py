"""Slack: `/ldn` in channels and direct messages, over Socket Mode."""
