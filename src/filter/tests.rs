//! What expressions parse to, as nested lists with the operator first.

use super::parse::parse;
use super::tree::Node;
use super::{Fault, NESTING_MAX};

/// The tree as nested lists, operator first.
fn shown(text: &str) -> Result<String, String> {
    let tree = parse(text).map_err(|fault| match fault {
        Fault::Filter { at, reason } => format!("{at}: {reason}"),
        Fault::Unsupported { what } => what,
    })?;
    let mut stack: Vec<String> = Vec::new();
    for (node, span) in &tree.nodes {
        let mut take = |count: u32| stack.split_off(stack.len() - count as usize);
        let text = match node {
            Node::Bool(value) => value.to_string(),
            Node::Int(value) => value.to_string(),
            Node::Double(value) => format!("{value:?}"),
            Node::Text { .. } | Node::Name | Node::Path | Node::StructPath | Node::Parameter => {
                span.of(text).to_string()
            }
            Node::List { start, operands } => {
                let mut items: Vec<String> = tree.lists[*start as usize].iter().map(|v| format!("{v:?}")).collect();
                for item in &mut items {
                    *item = item.trim_start_matches("Int(").trim_end_matches(')').to_string();
                }
                items.extend(take(*operands));
                format!("[{}]", items.join(" "))
            }
            Node::Unary(unary) => format!("({unary:?} {})", take(1)[0]),
            Node::Binary(binary) => format!("({binary:?} {})", take(2).join(" ")),
            Node::Range(chain) => {
                let (first, second) = (chain.left_inclusive, chain.right_inclusive);
                format!("(Range {} {first} {second} {})", chain.ascends, take(3).join(" "))
            }
            Node::Call { operands } => {
                let name = span.of(text).split('(').next().unwrap_or_default();
                format!("({name} {})", take(*operands).join(" "))
            }
        };
        stack.push(text);
    }
    assert_eq!(stack.len(), 1, "{text} leaves one tree");
    Ok(stack.remove(0))
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
}

fn refused(text: &str, expected: &str) {
    assert_eq!(shown(text).err().as_deref(), Some(expected), "{text}");
}

#[test]
fn not_binds_tighter_than_comparison_as_in_milvus() {
    check("a == 1 or b > 2 and not (c in [3])", "(Or (Equal a 1) (And (Greater b 2) (Not (In c [3]))))");
    check("not a == 1", "(Equal (Not a) 1)");
    check("not a in [1]", "(In (Not a) [1])");
    check("a not in [1]", "(NotIn a [1])");
}

#[test]
fn exists_like_and_is_null_bind_tighter_than_not() {
    check("not exists a", "(Not (Exists a))");
    check(r#"not s like "a%""#, r#"(Not (Like s "a%"))"#);
    check(r#"!s =~ "a" || b"#, r#"(Or (Not (Matches s "a")) b)"#);
    check("not a is null and b is not null", "(And (Not (IsNull a)) (IsNotNull b))");
}

#[test]
fn operators_bind_to_the_left_by_level() {
    check("1 + 2 * 3 - 4", "(Subtract (Add 1 (Multiply 2 3)) 4)");
    check("2 ** 3 ** 2", "(Power (Power 2 3) 2)");
    check("-2 ** 2", "(Minus (Power 2 2))");
    check("2 ** -2 * 3", "(Multiply (Power 2 (Minus 2)) 3)");
    check("a & 1 == 1", "(BitAnd a (Equal 1 1))");
    check("a | b ^ c & d", "(BitOr a (BitXor b (BitAnd c d)))");
    check("a << 1 + 1 >> 2", "(ShiftRight (ShiftLeft a (Add 1 1)) 2)");
    check("a < b == c < d", "(Equal (Less a b) (Less c d))");
    check("a or b or c and d", "(Or (Or a b) (And c d))");
}

#[test]
fn chains_need_a_field_in_the_middle_and_one_direction() {
    check("1 < a <= 4", "(Range true false true 1 a 4)");
    check("1 + 2 >= j[\"a\"] > 4 - 1", "(Range false true false (Add 1 2) j[\"a\"] (Subtract 4 1))");
    check("1 < a > 0", "(Greater (Less 1 a) 0)");
    check("1 < a + 1 < 3", "(Less (Less 1 (Add a 1)) 3)");
    check("x and 1 < a < 2 or y", "(Or (And x (Range true false false 1 a 2)) y)");
}

#[test]
fn lists_take_constants_expressions_and_a_trailing_comma() {
    check("a in []", "(In a [])");
    check("a in [ 1, -2, 3, ]", "(In a [1 -2 3])");
    check("a in [1, 1 + 1, [3], b]", "(In a [1 (Add 1 1) [3] b])");
    check("a in [1 + 1,]", "(In a [(Add 1 1)])");
    check("a in [-1 + 2]", "(In a [(Add (Minus 1) 2)])");
    refused("a in [,]", "6: line 1:6 mismatched input ',' expecting a field, a constant, a function or '('");
    refused("a in [1", "7: line 1:7 mismatched input '<EOF>' expecting ',' or ']'");
    refused("a in [1)", "7: line 1:7 mismatched input ')' expecting an operator or the end");
}

#[test]
fn calls_and_parameters_are_operands() {
    check("json_contains(j[\"a\"], [1]) and f({x})", "(And (json_contains j[\"a\"] [1]) (f {x}))");
    check("f()", "(f )");
    check("iso == 1 and interval > 2", "(And (Equal iso 1) (Greater interval 2))");
    refused("f(1", "3: line 1:3 mismatched input '<EOF>' expecting ',' or ')'");
    refused("{1}", "1: line 1:1 mismatched input '1' expecting the name of a template parameter");
}

#[test]
fn what_leaves_the_grammar_is_refused_at_the_token() {
    refused("a ==", "4: line 1:4 mismatched input '<EOF>' expecting a field, a constant, a function or '('");
    refused("a = 1", "2: line 1:2 mismatched input '=' expecting an operator or the end");
    refused("(a", "2: line 1:2 mismatched input '<EOF>' expecting ')'");
    refused("a)", "1: line 1:1 mismatched input ')' expecting an operator or the end");
    refused("a,\nb", "1: line 1:1 mismatched input ',' expecting an operator or the end");
    refused("a or\n b c", "8: line 2:3 mismatched input 'c' expecting an operator or the end");
    refused("a not like \"x\"", "2: line 1:2 mismatched input 'not' expecting an operator or the end");
    refused("a b is null", "2: line 1:2 mismatched input 'b' expecting an operator or the end");
}

#[test]
fn functions_that_do_not_exist_here_are_recognised() {
    for (text, what) in [
        (r#"TEXT_MATCH(t, "a b", minimum_should_match=2) and id > 1"#, "text_match in a filter"),
        ("element_filter(s, $[a] > 1 && $[b] == 2)", "element_filter in a filter"),
        ("match_least(s, $[a] > 1, threshold=2)", "match_least in a filter"),
        (r#"ts + interval "P1D" > iso "2025-01-01""#, "interval (timestamptz) in a filter"),
        ("$[sub] == 1", "arrays of structs in a filter"),
    ] {
        assert_eq!(parse(text).expect("it parses").unsupported.as_deref(), Some(what), "{text}");
    }
}

#[test]
fn nesting_is_bounded_and_chains_are_not() {
    let nested = |depth| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(NESTING_MAX)).is_ok());
    for text in [nested(NESTING_MAX + 1), nested(100_000), format!("{}a", "not ".repeat(100_000)), "-".repeat(100_000)]
    {
        assert!(matches!(parse(&text), Err(Fault::Filter { reason, .. }) if reason.contains("nesting depth")));
    }
    let lists = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(parse(&lists), Err(Fault::Filter { .. })));
    assert!(parse(&vec!["a == 1"; 100_000].join(" or ")).is_ok());
    assert!(parse(&format!("a == {}", vec!["1"; 100_000].join("+"))).is_ok());
}
