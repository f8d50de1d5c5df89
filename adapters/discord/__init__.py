"""Discord: `/ldn` in servers, in direct messages, and as an app that a person installs."""
