//! The patterns of `like`: `%` for any run of characters, `_` for just one, `\` before a character that means itself.

/// A pattern, read once and matched often.
#[derive(Debug, Clone, PartialEq)]
pub enum Like {
    /// No text: the pattern ends in a backslash that escapes nothing.
    Never,
    /// Just this text.
    Equal(String),
    /// `text%`.
    Prefix(String),
    /// `%text`.
    Suffix(String),
    /// `%text%`; `%` alone when empty.
    Infix(String),
    /// Everything else.
    Pieces(Vec<Piece>),
}

/// A part of a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Piece {
    /// This character.
    One(char),
    /// Any character.
    Any,
    /// Any run of characters.
    Run,
}

impl Like {
    /// Reads a pattern.
    pub fn new(pattern: &str) -> Like {
        let mut pieces = Vec::new();
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            pieces.push(match c {
                '%' if pieces.last() == Some(&Piece::Run) => continue,
                '%' => Piece::Run,
                '_' => Piece::Any,
                '\\' => match characters.next() {
                    Some(escaped) => Piece::One(escaped),
                    None => return Like::Never,
                },
                c => Piece::One(c),
            });
        }
        let starts = pieces.first() == Some(&Piece::Run);
        let ends = pieces.last() == Some(&Piece::Run);
        let inner = match pieces.len() {
            1 if starts => &[],
            length => &pieces[usize::from(starts)..length - usize::from(ends)],
        };
        let text: Option<String> =
            inner.iter().map(|piece| if let Piece::One(c) = piece { Some(*c) } else { None }).collect();
        match (text, starts, ends) {
            (None, _, _) => Like::Pieces(pieces),
            (Some(text), false, false) => Like::Equal(text),
            (Some(text), false, true) => Like::Prefix(text),
            (Some(text), true, false) => Like::Suffix(text),
            (Some(text), true, true) => Like::Infix(text),
        }
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Like::Never => false,
            Like::Equal(whole) => text == whole,
            Like::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Like::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Like::Infix(infix) => text.contains(infix.as_str()),
            Like::Pieces(pieces) => matches(pieces, text),
        }
    }
}

/// Goes on greedily and comes back only to the last run, which is enough: an earlier run that took more would leave
/// less for the later ones.
fn matches(pieces: &[Piece], text: &str) -> bool {
    let mut at = 0;
    let mut rest = text.chars();
    // The piece after the last run, and the text that the run has not taken yet.
    let mut last_run: Option<(usize, std::str::Chars<'_>)> = None;
    loop {
        let before = rest.clone();
        let next = rest.next();
        match (pieces.get(at), next) {
            (Some(Piece::Run), _) => {
                at += 1;
                rest = before;
                last_run = Some((at, rest.clone()));
                continue;
            }
            (Some(Piece::Any), Some(_)) => {
                at += 1;
                continue;
            }
            (Some(Piece::One(wanted)), Some(found)) if *wanted == found => {
                at += 1;
                continue;
            }
            (None, None) => return true,
            (_, None) => return false,
            (_, Some(_)) => {}
        }
        let Some((after, left)) = &mut last_run else {
            return false;
        };
        left.next();
        at = *after;
        rest = left.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, yes: &[&str], no: &[&str]) {
        let like = Like::new(pattern);
        for text in yes {
            assert!(like.matches(text), "{pattern:?} should match {text:?}");
        }
        for text in no {
            assert!(!like.matches(text), "{pattern:?} should not match {text:?}");
        }
    }

    #[test]
    fn wildcards_stand_for_characters() {
        check("%", &["", "a", "a\nb"], &[]);
        check("%%", &["", "a"], &[]);
        check("", &[""], &["a"]);
        check("a_c", &["abc", "a日c"], &["ac", "abbc"]);
        check("_", &["é", "%"], &["", "ab"]);
        check("a%b%c", &["abc", "a-b-c", "abcbc"], &["acb", "abcd"]);
        check("%_b", &["ab", "xxab", "bb"], &["b", "ba"]);
        check("%ab%ab", &["abab", "aabaab", "ab-ab"], &["ab", "aba"]);
        check("ab%ba", &["abba", "abxba"], &["aba"]);
    }

    #[test]
    fn a_backslash_escapes_and_alone_at_the_end_matches_nothing() {
        check(r"50\%%", &["50% off", "50%"], &["500 off"]);
        check(r"a\_b", &["a_b"], &["axb"]);
        check(r"a\\b", &[r"a\b"], &["ab", r"a\\b"]);
        check("a\\", &[], &["a", "a\\"]);
        check(r"\%", &["%"], &["", "x"]);
    }

    #[test]
    fn shapes_with_a_fast_path_are_recognised() {
        assert_eq!(Like::new("abc"), Like::Equal("abc".into()));
        assert_eq!(Like::new("abc%"), Like::Prefix("abc".into()));
        assert_eq!(Like::new("%abc"), Like::Suffix("abc".into()));
        assert_eq!(Like::new(r"%a\%c%%"), Like::Infix("a%c".into()));
        assert_eq!(Like::new("%"), Like::Infix(String::new()));
        assert!(matches!(Like::new("a%b"), Like::Pieces(_)));
    }
}
