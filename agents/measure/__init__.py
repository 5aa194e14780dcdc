"""Measure: did the number that a change was made for move after it went live?"""
