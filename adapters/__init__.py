"""Where people ask: one package per platform, each turning events into `HelpDesk` calls and
answers into messages. Adapters do not import one another, but for `adapters.text`.
"""
