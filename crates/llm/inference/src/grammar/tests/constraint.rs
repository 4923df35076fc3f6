use super::{END, Random, check_mask, random_answer, trie, vocabulary};
use crate::{
    grammar::{AfterEnd, Allowed, Constraint, ConstraintError, Grammar, Trigger},
    model::TokenId,
    sampler::{Sampler, SamplerOptions, best_token},
};
use alloc::{vec, vec::Vec};

/// The tokens of a text: the longest that fit, from the left.
fn encode(tokens: &[Vec<u8>], text: &str) -> Vec<TokenId> {
    let mut rest = text.as_bytes();
    let mut ids = Vec::new();
    while !rest.is_empty() {
        let fits = |(_, token): &(usize, &Vec<u8>)| !token.is_empty() && rest.starts_with(token);
        let (id, token) = tokens
            .iter()
            .enumerate()
            .filter(fits)
            .max_by_key(|(_, token)| token.len())
            .expect("there is a token for every byte");
        ids.push(TokenId(id as u32));
        rest = &rest[token.len()..];
    }
    ids
}

fn grammar(text: &str) -> Grammar {
    Grammar::from_gbnf(text).expect("it is a grammar")
}

#[test]
fn turns_end_exactly_where_the_grammar_may() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = grammar("root ::= \"a\" \"b\"? \"c\"");
    let mut constraint = Constraint::new(&grammar, &trie);
    let byte = |byte: u8| TokenId(3 + u32::from(byte));
    for (token, is_end) in [(b'a', false), (b'b', false), (b'c', true)] {
        assert!(!constraint.allows(END) && !constraint.is_complete());
        constraint.accept(byte(token)).expect("it fits");
        assert_eq!(constraint.is_complete(), is_end);
    }
    let Ok(Allowed::Only(mask)) = constraint.allowed() else { panic!("it is constrained") };
    assert_eq!(mask.iter().collect::<Vec<_>>(), [TokenId(1), TokenId(2)], "only the end is left");
    assert_eq!(constraint.accept(byte(b'c')), Err(ConstraintError::Refused(byte(b'c'))));
    assert_eq!(constraint.accept(TokenId(0)), Err(ConstraintError::Refused(TokenId(0))));
    assert_eq!(constraint.accept(TokenId(9999)), Err(ConstraintError::Refused(TokenId(9999))));
    constraint.accept(END).expect("it may end");
    assert!(!constraint.allows(byte(b'a')) && constraint.allows(END));
}

#[test]
fn characters_may_be_cut_by_tokens() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = grammar("root ::= \"😀中\"");
    let mut constraint = Constraint::new(&grammar, &trie);
    for part in [&[0xF0, 0x9F][..], &[0x98, 0x80], &[0xE4, 0xB8], &[0xAD]] {
        check_mask(&mut constraint, &tokens);
        let id = tokens.iter().position(|token| token == part).expect("it is in the vocabulary");
        constraint.accept(TokenId(id as u32)).expect("it fits");
    }
    assert!(constraint.is_complete());
}

#[test]
fn at_the_end_of_the_budget_an_answer_that_may_end_ends() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = grammar("root ::= \"a\" (\"bcd\" [a-z]*)?");
    let mut constraint = Constraint::new(&grammar, &trie);
    constraint.accept(encode(&tokens, "a")[0]).expect("it fits");
    let b = encode(&tokens, "b")[0];
    let mut allows_b = |left| match constraint.allowed_within(left) {
        Ok(Allowed::Only(mask)) => (mask.allows(b), mask.allows(END)),
        other => panic!("{other:?}"),
    };
    assert_eq!([1, 2, 3, 4].map(&mut allows_b), [false, false, true, true].map(|b| (b, true)));
}

#[test]
fn a_vocabulary_that_cannot_write_the_grammar_is_stuck() {
    let tokens = vec![Vec::new(), Vec::new(), Vec::new(), b"a".to_vec()];
    let trie = trie(&tokens);
    let grammar = grammar("root ::= \"ab\"");
    let mut constraint = Constraint::new(&grammar, &trie);
    constraint.accept(TokenId(3)).expect("it fits");
    assert_eq!(constraint.mask(&mut [0.0; 4]), Err(ConstraintError::Stuck));
}

#[test]
fn choosing_gives_what_masking_would() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = Grammar::from_json_schema(r#"{"type": "array", "items": {"type": "string"}}"#)
        .expect("it is a schema");
    let sampled = SamplerOptions { temperature: 0.7, top_k: 5, ..SamplerOptions::default() };
    let penalised =
        SamplerOptions { repeat_penalty: 1.3, repeat_last_n: 8, ..SamplerOptions::greedy() };
    for options in [SamplerOptions::greedy(), sampled, penalised] {
        let mut random = Random(5);
        let mut samplers = [0, 1].map(|_| Sampler::new(options).expect("in range"));
        let mut constraint = Constraint::new(&grammar, &trie);
        let mut recent = Vec::new();
        for used in 0..120 {
            let logits: Vec<f32> =
                (0..tokens.len()).map(|_| random.below(10_000) as f32 / 2000.0).collect();
            let mut masked = logits.clone();
            constraint.mask_towards_end(&mut masked, 120 - used).expect("there is a way on");
            let expected = samplers[0].sample(&masked, &recent);
            let token = constraint
                .choose(&mut samplers[1], &logits, &recent, 120 - used)
                .expect("there is a way on");
            assert_eq!(token, expected);
            constraint.accept(token).expect("it was allowed");
            recent.push(token);
        }
    }
}

#[test]
fn the_end_is_reached_with_the_last_token() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let schema = r#"{"type": "object", "properties": {"name": {"type": "string", "minLength": 40},
        "value": {"type": "array", "items": {"type": "integer"}, "minItems": 3}},
        "required": ["name", "value"]}"#;
    let grammar = Grammar::from_json_schema(schema).expect("it is a schema");
    let mut constraint = Constraint::new(&grammar, &trie);
    let shortest = constraint.shortest_end();
    assert_eq!(shortest as usize, format_len(40));
    let mut random = Random(6);
    for limit in shortest..shortest + 60 {
        constraint.restart();
        let (answer, used) =
            random_answer(&mut constraint, &tokens, &mut random, limit).expect("there is a way on");
        assert!(used <= limit && constraint.is_complete());
        assert!(serde_json::from_slice::<serde_json::Value>(&answer).is_ok());
    }
    // With too few tokens it goes the shortest way: it gets as near as can be.
    constraint.restart();
    random_answer(&mut constraint, &tokens, &mut random, 10).expect("there is a way on");
    assert!(constraint.shortest_end() <= shortest - 10);
}

fn format_len(name: usize) -> usize {
    r#"{"name":"","value":[0,0,0]}"#.len() + name
}

fn feed(constraint: &mut Constraint<'_>, tokens: &[Vec<u8>], text: &str) {
    for token in encode(tokens, text) {
        assert!(constraint.allows(token), "{text}");
        constraint.accept(token).expect("it is allowed");
    }
}

#[test]
fn a_lazy_constraint_waits_for_its_trigger_across_tokens() {
    let mut tokens = vocabulary();
    tokens.push(b"<to".to_vec());
    tokens.push(b"ol>".to_vec());
    tokens.push(b"ol>1".to_vec());
    tokens.push(b"ol>x".to_vec());
    tokens.push(b"<tool>x".to_vec());
    let trie = trie(&tokens);
    let grammar = grammar("root ::= [0-9]{3} \".\"");
    let last = TokenId(tokens.len() as u32 - 1);
    for after in [AfterEnd::EndTurn, AfterEnd::Free, AfterEnd::Rearm] {
        let mut constraint = Constraint::lazy(&grammar, &trie, Trigger::text("<tool>"), after);
        assert!(!constraint.is_active() && constraint.is_complete() && constraint.allows(END));
        assert!(!constraint.allows(last), "it would break the grammar");
        check_mask(&mut constraint, &tokens);
        feed(&mut constraint, &tokens, "hello < tool > <to");
        assert!(constraint.allows(TokenId(last.0 - 2)) && !constraint.allows(TokenId(last.0 - 1)));
        check_mask(&mut constraint, &tokens);
        feed(&mut constraint, &tokens, "ol>1");
        assert!(constraint.is_active() && !constraint.allows(END));
        check_mask(&mut constraint, &tokens);
        feed(&mut constraint, &tokens, "23.");
        assert!(constraint.is_complete() && constraint.allows(END));
        match after {
            AfterEnd::EndTurn => assert!(!constraint.allows(TokenId(50))),
            AfterEnd::Free => {
                feed(&mut constraint, &tokens, "x<tool>x");
                assert!(matches!(constraint.allowed(), Ok(Allowed::All)));
            }
            AfterEnd::Rearm => {
                feed(&mut constraint, &tokens, "and <tool>");
                assert!(constraint.is_active() && !constraint.allows(TokenId(3 + 120)));
            }
        }
    }
}

#[test]
fn a_token_may_be_the_trigger() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = grammar("root ::= \"x\"");
    let trigger = Trigger::Token(TokenId(0));
    let mut constraint = Constraint::lazy(&grammar, &trie, trigger, AfterEnd::EndTurn);
    feed(&mut constraint, &tokens, "hello");
    constraint.accept(TokenId(0)).expect("everything is allowed");
    assert!(constraint.is_active() && constraint.allows(TokenId(3 + 120)));
    assert!(!constraint.allows(TokenId(0)), "no control tokens inside");
    constraint.restart();
    assert!(!constraint.is_active());
}

#[test]
fn the_best_token_is_taken_without_a_mask_when_it_is_allowed() {
    let tokens = vocabulary();
    let trie = trie(&tokens);
    let grammar = grammar("root ::= [a-z]*");
    let mut constraint = Constraint::new(&grammar, &trie);
    let mut logits = vec![0.0; tokens.len()];
    logits[3 + 120] = 2.0;
    logits[3 + 48] = 3.0;
    assert_eq!(best_token(&logits), TokenId(3 + 48));
    let mut sampler = Sampler::new(SamplerOptions::greedy()).expect("in range");
    let token = constraint.choose(&mut sampler, &logits, &[], u32::MAX);
    assert_eq!(token, Ok(TokenId(3 + 120)));
    logits[3 + 48] = 0.0;
    assert_eq!(constraint.choose(&mut sampler, &logits, &[], u32::MAX), Ok(TokenId(3 + 120)));
}
