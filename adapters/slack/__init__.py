"""Slack: commands, mentions, direct messages, message menus and the Home tab."""
