"""Nights without anybody there: schedules, servers, and alerts when one goes wrong."""
