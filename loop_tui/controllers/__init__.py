"""What a person does on the main screen, one file each: browse the list, read a report, decide, type commands."""
