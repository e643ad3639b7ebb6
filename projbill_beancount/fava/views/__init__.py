"""What each page shows: functions from the books to what a template needs."""
