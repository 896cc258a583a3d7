"""Figures as tables in Markdown and as plots in SVG: what pages show of the measurements.

Nothing here measures or judges; :mod:`measure` gets the figures, and a page that includes what is made here can say
no other ones than its data.
"""
