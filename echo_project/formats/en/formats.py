"""The one format of the board's cards, `texts.when`, for lists and records too."""

DATE_FORMAT = "j M Y"
DATETIME_FORMAT = "j M Y, H:i e"
