"""Bytes into images, checked and resized, and back into bytes. Light to import: decoder processes do it."""
