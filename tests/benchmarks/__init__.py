"""Figures, as ratios measured side by side in one run. Each module is one command.

python -m tests.benchmarks.memory
"""
