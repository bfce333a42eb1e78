//! Rust text without what is not code.

/// `text` with comments and the contents of literals turned into spaces; lines and columns stay where they are.
pub fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out: Vec<char> = Vec::with_capacity(chars.len());
    let mut at = 0;
    while at < chars.len() {
        let end = skipped(&chars, at);
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out.into_iter().collect()
}

/// The end of the comment or literal that starts at `at`; `at` itself when none does.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let previous_is_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => at + rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(chars, at),
        ['"', ..] => quoted(chars, at + 1, '"'),
        ['r', '"' | '#', ..] if !previous_is_word => raw_string(chars, at + 1).unwrap_or(at),
        ['b', 'r', '"' | '#', ..] if !previous_is_word => raw_string(chars, at + 2).unwrap_or(at),
        // A quote starts a character unless it starts a lifetime: 'a' against 'a.
        ['\'', '\\', ..] => quoted(chars, at + 1, '\''),
        ['\'', _, '\'', ..] => at + 3,
        _ => at,
    }
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0u32);
    while at < chars.len() {
        match &chars[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn quoted(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_string(chars: &[char], start: usize) -> Option<usize> {
    let hashes = chars[start..].iter().take_while(|c| **c == '#').count();
    if chars.get(start + hashes) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = start + hashes + 1;
    let length = chars[body..].windows(close.len()).position(|window| window == close)?;
    Some(body + length + close.len())
}

#[test]
fn only_code_is_left() {
    let check = |text: &str, expected: &str| assert_eq!(code(text), expected, "{text}");
    check("a // b\nc", "a     \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check(r#"f("x // \" y", 'z')"#, "f(           ,    )");
    check(r##"r#"a " b"# + br"c" + for_r"##, "           +       + for_r");
    check("fn f<'a>(x: &'a str) { '\\'' }", "fn f<'a>(x: &'a str) {      }");
}
