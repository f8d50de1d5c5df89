"""The command `ldn-bot`: settings, logging, and the one place that builds everything."""
