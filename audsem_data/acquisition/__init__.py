"""Getting media from where they are published: politely, exactly, and with a reason for whatever fails."""
