# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Use cases: what is done with a feed, in plain classes and functions.

They act on the records that they are given, and let the engine decide.
"""
