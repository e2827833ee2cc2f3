"""Partners' calendars: fetched from where they say, read by a confined process, and nothing but busy spans comes out."""
