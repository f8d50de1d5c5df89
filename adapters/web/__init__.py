"""The local page: what members will see, what editors and moderators need, on 127.0.0.1 alone."""
