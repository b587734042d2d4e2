"""What people take away: files of other formats, made from a drawing's SVG."""
