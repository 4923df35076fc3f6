use super::{Random, allows_prefix, check_mask, matches, random_answer, trie, vocabulary};
use crate::grammar::{Constraint, Grammar, GrammarError, Place, Problem, machine::MAX_DEPTH};
use alloc::{format, string::String, vec::Vec};

fn grammar(text: &str) -> Grammar {
    match Grammar::from_gbnf(text) {
        Ok(grammar) => grammar,
        Err(error) => panic!("{error} in {text}"),
    }
}

fn fails(text: &str, line: usize, column: usize, problem: Problem) {
    let place = Place::Text { line, column };
    assert_eq!(Grammar::from_gbnf(text).err(), Some(GrammarError { place, problem }), "{text}");
}

fn check(text: &str, good: &[&str], bad: &[&str]) {
    let grammar = grammar(text);
    for good in good {
        assert!(matches(&grammar, good.as_bytes()), "{good:?} is in {text}");
    }
    for bad in bad {
        assert!(!matches(&grammar, bad.as_bytes()), "{bad:?} is not in {text}");
    }
}

#[test]
fn literals_and_escapes() {
    check(r#"root ::= "a\n\"\\\x41\u00e9\U0001F980""#, &["a\n\"\\Aé🦀"], &["a", "a\n\"\\Aé🦀x"]);
    check(r#"root ::= "" "#, &[""], &["a"]);
    check("root ::= ", &[""], &["a"]);
}

#[test]
fn sets_ranges_and_negation_of_characters_not_bytes() {
    check("root ::= [a-cx-]+", &["a", "abcx-"], &["", "d", "y"]);
    check(r"root ::= [^\]\n\\]", &["a", "é", "中", "🦀", "["], &["]", "\n", "\\", "ab"]);
    check("root ::= [à-ÿ😀-😄]{2}", &["éé", "😂à"], &["é", "e", "😅à"]);
    check("root ::= .", &["a", "🦀", "\n"], &["", "ab"]);
    let any = grammar("root ::= .*");
    assert!(!matches(&any, &[0xC3]) && allows_prefix(&any, &[0xC3]));
    assert!(!allows_prefix(&any, &[0xED, 0xA0]), "a surrogate");
    assert!(!allows_prefix(&any, &[0xFF]) && !allows_prefix(&any, &[0xC3, 0x41]));
}

#[test]
fn counts() {
    check(r#"root ::= "ab"{2}"#, &["abab"], &["ab", "ababab"]);
    check(r#"root ::= "ab"{2,3} "c""#, &["ababc", "abababc"], &["abc", "ababababc"]);
    check(r#"root ::= "ab"{2,}"#, &["abab", "abababab"], &["", "ab", "aba"]);
    check(r#"root ::= "ab"{,2}"#, &["", "ab", "abab"], &["ababab"]);
    check(r#"root ::= "a"? "b"* "c"+"#, &["c", "abbcc"], &["", "a", "ab", "aac"]);
    check(r#"root ::= "a"{0}"#, &[""], &["a"]);
    check("root ::= ([a-z] [0-9]*){2,40}", &["a1b2", "ab", "a123b"], &["a1", "1a"]);
    check("root ::= ([a-z]{30,40} \"-\"){2,30}", &[], &["abc-abc-"]);
}

#[test]
fn repetitions_of_what_may_be_nothing_end() {
    check(r#"root ::= ("a"?){2,3}"#, &["", "a", "aaa"], &["aaaa"]);
    check(r#"root ::= ("a"*)*"#, &["", "aaaa"], &["b"]);
    check(r#"root ::= ("a"*)+ "b""#, &["b", "aab"], &["a"]);
    check(r#"root ::= (""){0,1000000000}"#, &[""], &["a"]);
    check("root ::= (x x)* \"!\"\nx ::= [a]?", &["!", "a!", "aaa!"], &["b!"]);
}

#[test]
fn repetitions_of_repetitions_are_one() {
    let same = |nested: &str, plain: &str| {
        let sizes = [nested, plain].map(|text| grammar(&format!("root ::= {text}")).states());
        assert_eq!(sizes[0], sizes[1], "{nested} is {plain}");
    };
    same(r#"((((("a"?)*)*)+)*){0,999}"#, r#""a"*"#);
    same(r#"("a"{0,3}){2,5}"#, r#""a"{0,15}"#);
    same(r#"("a"{1,3}){2,5}"#, r#""a"{2,15}"#);
    same(r#"("a"+){40,50}"#, r#""a"{40,}"#);
    same(r#"("a"?){1000000}"#, r#""a"{0,1000000}"#);
    // Here there are numbers in between that no rounds give.
    check(r#"root ::= ("a"{2}){1,2}"#, &["aa", "aaaa"], &["a", "aaa"]);
    check(r#"root ::= ("a"{2,3}){0,2}"#, &["", "aa", "aaaaa"], &["a"]);
    check(r#"root ::= ("a"+){0}"#, &[""], &["a"]);
}

#[test]
fn large_counts_take_no_more_room_than_small_ones() {
    let large = grammar("root ::= [a-z]{0,1000000} \"!\"");
    assert!(large.states() < 10);
    let mut text = alloc::vec![b'x'; 1_000_000];
    assert!(allows_prefix(&large, &text));
    text.push(b'!');
    if !cfg!(miri) {
        assert!(matches(&large, &text));
        text.insert(0, b'x');
        assert!(!matches(&large, &text));
    }
}

#[test]
fn rules_alternatives_comments_and_lines() {
    let text = "# a list\nroot ::= item (\",\" item)* # of items\n\
                item ::= \"a\" |\n  \"b\" | (\n \"c\" # in the middle\n \"d\"\n)\n  | number\r\n\
                number ::=\n  [0-9]+\n";
    check(text, &["a", "b,a,cd", "12,a"], &["", ",", "c", "a,", "a b"]);
}

#[test]
fn recursion_is_followed_on_both_sides() {
    let text = "root ::= \"(\" root \")\" | \"[\" root \"]\" | \"x\"";
    check(text, &["x", "([x])", "((x))"], &["(x]", "(", "()"]);
    check("root ::= \"a\" root | \"b\"", &["b", "aab"], &["a"]);
    let endless = grammar("root ::= \"a\" root | \"b\"");
    assert!(allows_prefix(&endless, &alloc::vec![b'a'; 10_000]), "the last call needs no stack");
}

#[test]
fn recursion_ends_before_the_stack_does_and_what_is_open_can_be_closed() {
    let nested = grammar("root ::= \"[\" ws root \"]\" | \"x\"\nws ::= \" \"?");
    let depth = MAX_DEPTH as usize;
    let open = "[".repeat(depth);
    assert!(matches(&nested, format!("{open}x{}", "]".repeat(depth)).as_bytes()));
    assert!(!allows_prefix(&nested, format!("{open}[").as_bytes()));
    assert!(allows_prefix(&nested, format!("{open}x").as_bytes()));
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let mut constraint = Constraint::new(&nested, &trie);
    for _ in 0..depth / 2 {
        check_once_in_a_while(&mut constraint, &tokens);
    }
}

fn check_once_in_a_while(constraint: &mut Constraint<'_>, tokens: &[Vec<u8>]) {
    let two = tokens.iter().position(|token| token == b"[[").expect("it is in the vocabulary");
    constraint.accept(crate::model::TokenId(two as u32)).expect("the stack has room");
    check_mask(constraint, tokens);
}

#[test]
fn wide_places_deep_in_the_stack_give_the_same_masks() {
    // Within the string it is known that calls need room; at the bottom there is none.
    let text = "root ::= \"[\" root \"]\" | \"\\\"\" string \"\\\"\"\n\
                string ::= ([^\"\\[] | quoted)*\n\
                quoted ::= \"[\" inner \"]\" \ninner ::= (\"{\" inner \"}\" \" \"?)?";
    let nested = grammar(text);
    let tokens = vocabulary();
    let trie = trie(&tokens);
    for depth in [0, 3, 250, 251, 252, 253, 254, 255] {
        let mut constraint = Constraint::new(&nested, &trie);
        let byte = |byte: u8| crate::model::TokenId(3 + u32::from(byte));
        for _ in 0..depth {
            constraint.accept(byte(b'[')).expect("there is room");
        }
        if constraint.accept(byte(b'"')).is_ok() {
            check_mask(&mut constraint, &tokens);
            if constraint.accept(byte(b'[')).is_ok() {
                check_mask(&mut constraint, &tokens);
            }
        }
    }
}

#[test]
fn errors_say_where() {
    fails("", 1, 1, Problem::NoRoot);
    fails("a ::= \"x\"", 1, 10, Problem::NoRoot);
    fails("root ::= a", 1, 10, Problem::UndefinedRule(String::from("a")));
    fails("root ::= \"x\"\nroot ::= \"y\"", 2, 1, Problem::DuplicateRule(String::from("root")));
    fails("root = \"x\"", 1, 6, Problem::Expected("::="));
    fails("root ::= \"x", 1, 10, Problem::Expected("a closing quote"));
    fails("root ::= [a", 1, 10, Problem::Expected("a closing bracket"));
    fails("root ::= (\"a\"", 1, 14, Problem::Expected("a closing parenthesis"));
    fails("root ::= \"a\")", 1, 13, Problem::Expected("the end of the rule"));
    fails("root ::= <think>", 1, 10, Problem::Expected("the end of the rule"));
    fails("root ::= \"\\q\"", 1, 11, Problem::BadEscape);
    fails("root ::= \"\\uD800\"", 1, 11, Problem::BadEscape);
    fails("root ::= [z-a]", 1, 11, Problem::EmptyRange);
    fails("root ::= []", 1, 10, Problem::EmptySet);
    fails("root ::= \"a\"{3,2}", 1, 13, Problem::EmptyRange);
    fails("root ::= \"a\"{}", 1, 14, Problem::Expected("a count"));
    fails("root ::= \"a\"{1", 1, 15, Problem::Expected("a closing brace"));
    fails("root ::= \"a\"{99999999999}", 1, 23, Problem::Expected("a count below 2147483648"));
    fails("root ::= \"é\" é", 1, 14, Problem::Expected("the end of the rule"));
    fails("*", 1, 1, Problem::Expected("the name of a rule"));
}

#[test]
fn grammars_that_begin_with_themselves_or_never_end_are_refused() {
    fails("root ::= root \"a\" | \"b\"", 1, 1, Problem::LeftRecursion(String::from("root")));
    let text = "root ::= a\na ::= \"x\"? b\nb ::= a \"y\" | \"z\"";
    fails(text, 2, 1, Problem::LeftRecursion(String::from("a")));
    fails("root ::= \"(\" root \")\"", 1, 1, Problem::Endless(String::from("root")));
    fails("root ::= a \"x\" | \"x\"\na ::= \"a\" a", 2, 1, Problem::Endless(String::from("a")));
}

#[test]
fn grammars_beyond_the_limits_are_refused() {
    let deep = format!("root ::= {}\"a\"{}", "(".repeat(60), ")".repeat(60));
    fails(&deep, 1, 60, Problem::TooDeep(50));
    fails("root ::= \"a\"????", 1, 17, Problem::TooDeep(3));
    let states = crate::grammar::program::MAX_STATES;
    fails("root ::= ([a]? [b]?){1000000}", 1, 1, Problem::TooLarge(states));
    let text = "root ::= a{50} b\nb ::= (((\"x\"? \"w\"?){60} \"y\"?){60} \"z\"?){60}\na ::= \"a\"";
    fails(text, 2, 1, Problem::TooLarge(states));
}

#[test]
fn ambiguous_grammars_stay_small_or_stop() {
    let text = "root ::= \"a\" root \"x\" | \"a\" root \"y\" | \"a\"";
    let ambiguous = grammar(text);
    // After each `a` there are twice as many ways to go on.
    assert!(allows_prefix(&ambiguous, &[b'a'; 8]));
    assert!(!allows_prefix(&ambiguous, &[b'a'; 100]));
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let mut constraint = Constraint::new(&ambiguous, &trie);
    let a = tokens.iter().position(|token| token == b"a").expect("all bytes are in it");
    while constraint.accept(crate::model::TokenId(a as u32)).is_ok() {}
    assert!(constraint.allowed().is_ok(), "what was read is followed to its end");
}

#[test]
fn answers_of_a_random_model_are_in_the_language() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let texts = [
        "root ::= (\"- \" [^\\n]{1,30} \"\\n\"){1,5}",
        "root ::= \"{\" pair (\",\" pair)* \"}\"\npair ::= [a-z]+ \":\" value\nvalue ::= [0-9]+ | root",
        "root ::= (\"中\" | \"日\" | \"é\"){3,9} \"🦀\"",
    ];
    let mut random = Random(7);
    for text in texts {
        let grammar = grammar(text);
        let mut constraint = Constraint::new(&grammar, &trie);
        for _ in 0..20 {
            constraint.restart();
            let (answer, _) = random_answer(&mut constraint, &tokens, &mut random, 60)
                .expect("there is a way on");
            assert!(matches(&grammar, &answer), "{:?}", String::from_utf8_lossy(&answer));
        }
    }
}
