//! Text to bitmap.
