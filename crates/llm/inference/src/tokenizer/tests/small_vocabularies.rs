//! SentencePiece and WordPiece on small vocabularies, against tokens that llama.cpp made
//! (`tests/scripts/small_vocabularies_fixture.py`).

use super::*;

/// A vocabulary and the texts that were encoded with it.
struct Fixture {
    json: Value,
}

impl Fixture {
    fn read(name: &str) -> Self {
        let folder = "../../../tests/fixtures/small-vocabularies";
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder).join(name);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        Self { json: serde_json::from_str(&text).unwrap() }
    }

    /// What [`Tokenizer::new`] makes of the vocabulary after `change`.
    fn build(
        &self,
        change: impl FnOnce(&mut TokenizerSpec<'_>),
    ) -> Result<Tokenizer, TokenizerError> {
        let spec = &self.json["spec"];
        let list = |key: &str| spec[key].as_array().unwrap();
        let tokens: Vec<&[u8]> =
            list("tokens").iter().map(|token| token.as_str().unwrap().as_bytes()).collect();
        let token_types: Vec<i32> =
            list("token_types").iter().map(|kind| kind.as_i64().unwrap() as i32).collect();
        let scores: Vec<f32> =
            list("scores").iter().map(|score| score.as_f64().unwrap() as f32).collect();
        let id = |key: &str| spec[key].as_u64().map(|id| u32::try_from(id).unwrap());
        let flag = |key: &str| spec[key].as_bool();
        let mut spec = TokenizerSpec {
            model: spec["model"].as_str().unwrap(),
            tokens: &tokens,
            token_types: &token_types,
            scores: &scores,
            bos: id("bos"),
            eos: id("eos"),
            unknown: id("unknown"),
            separator: id("separator"),
            padding: id("padding"),
            add_bos: flag("add_bos_token"),
            add_eos: flag("add_eos_token"),
            add_space_prefix: flag("add_space_prefix"),
            lowercase: flag("normalizer.lowercase"),
            strip_accents: flag("normalizer.strip_accents"),
            strip_after_special: spec["name"].is_string(),
            ..TokenizerSpec::default()
        };
        change(&mut spec);
        Tokenizer::new(&spec)
    }

    fn tokenizer(&self) -> Tokenizer {
        self.build(|_| ()).unwrap()
    }
}

/// The tokenizer of a fixture, after all of its texts have come out as they should.
fn checked(name: &str) -> Tokenizer {
    let fixture = Fixture::read(name);
    let tokenizer = fixture.tokenizer();
    let cases = fixture.json["cases"].as_array().unwrap();
    assert!(cases.len() > 400);
    for case in cases {
        let text = case["text"].as_str().unwrap();
        let parsed = tokenizer.encode(text, SpecialTokens::Parse);
        assert_eq!(parsed, ids(&case["parsed"]), "{name}: {text:?}");
        let literal = tokenizer.encode(text, SpecialTokens::Literal);
        assert_eq!(literal, ids(&case["literal"]), "{name}: {text:?}, literally");
        if case["sequence"].is_array() {
            let sequence = tokenizer.encode_sequence(text, SpecialTokens::Literal);
            assert_eq!(sequence, ids(&case["sequence"]), "{name}: {text:?}, as a sequence");
        }
    }
    tokenizer
}

#[test]
fn sentencepiece_equals_the_reference() {
    let tokenizer = checked("sentencepiece.json");
    assert!(tokenizer.adds_bos());
    let tokenizer = checked("sentencepiece-no-space.json");
    assert!(!tokenizer.adds_bos());
}

#[test]
fn phi_3_leaves_out_white_space_after_special_tokens() {
    let tokenizer = checked("sentencepiece-phi-3.json");
    let encode = |text| tokenizer.encode(text, SpecialTokens::Parse);
    assert_eq!(encode("<|user|>\n the<|end|>\n"), encode("<|user|>the<|end|>"));
    assert_ne!(encode("<|endoftext|>\nthe"), encode("<|endoftext|>the"));
}

#[test]
fn wordpiece_equals_the_reference() {
    checked("wordpiece.json");
    checked("wordpiece-cased.json");
    checked("wordpiece-accents.json");
}

#[test]
fn no_text_becomes_a_control_token_or_a_byte_by_its_name() {
    let tokenizer = Fixture::read("sentencepiece-no-space.json").tokenizer();
    for text in ["</s>", "<s>", "<|end|>", "<0x0A>", "<unk>"] {
        let tokens = tokenizer.encode(text, SpecialTokens::Literal);
        assert!(tokens.iter().all(|&token| !tokenizer.is_control(token)), "{text}");
        assert_eq!(decode(&tokenizer, &tokens), text.as_bytes());
    }
}

#[test]
fn a_bos_that_is_there_is_not_doubled() {
    let tokenizer = Fixture::read("sentencepiece.json").tokenizer();
    let written = tokenizer.encode_sequence("<s>the fox", SpecialTokens::Parse);
    let added = tokenizer.encode_sequence("the fox", SpecialTokens::Parse);
    assert_eq!(written, added);
    assert_eq!(added[0], tokenizer.bos().unwrap());
    assert_eq!(tokenizer.encode_sequence("", SpecialTokens::Parse), [TokenId(1)]);
}

#[test]
fn text_that_goes_on_has_the_tokens_it_has_in_the_whole() {
    for name in ["sentencepiece.json", "sentencepiece-phi-3.json", "wordpiece.json"] {
        let tokenizer = Fixture::read(name).tokenizer();
        let encode = |text: &str| tokenizer.encode(text, SpecialTokens::Parse);
        for (before, text) in [
            ("", "the fox"),
            ("<s>", "fox</s>fox"),
            ("the </s>", " fox"),
            ("<|end|>", "\n<|user|>\nthe"),
            ("the\n", "fox <|end|>"),
            ("[", "]fox"),
        ] {
            let mut tokens = encode(before);
            tokens.extend(tokenizer.encode_after(before, text, SpecialTokens::Parse));
            assert_eq!(tokens, encode(&[before, text].concat()), "{name}: {before:?} {text:?}");
        }
    }
}

#[test]
fn words_that_are_not_made_of_pieces_are_unknown() {
    let tokenizer = Fixture::read("wordpiece.json").tokenizer();
    let encode = |text| tokenizer.encode(text, SpecialTokens::Literal);
    assert_eq!(encode("theQ∀"), [TokenId(1)]);
    assert_eq!(encode("THE ∀ the").len(), 3);
    assert_eq!(encode("THE ∀ the")[1], TokenId(1));
    assert_eq!(encode(" \t\u{200B}\u{FFFD}"), []);
}

#[test]
fn damaged_vocabularies_are_refused_by_name() {
    let fixture = Fixture::read("sentencepiece.json");
    let refused = |change: &dyn Fn(&mut TokenizerSpec<'_>)| fixture.build(change).err().unwrap();
    assert_eq!(
        refused(&|spec| spec.scores = &[0.0]),
        TokenizerError::ScoreCount { tokens: 616, scores: 1 }
    );
    assert_eq!(
        refused(&|spec| spec.scores = &[f32::NAN; 616]),
        TokenizerError::ScoreNotANumber { id: 0 }
    );
    assert_eq!(
        refused(&|spec| spec.token_types = &[6; 616]),
        TokenizerError::NoByte { id: 0, text: "<unk>".to_string() }
    );
    assert_eq!(
        refused(&|spec| spec.separator = Some(616)),
        TokenizerError::IdOutOfRange { name: "separator", id: 616, tokens: 616 }
    );
    // A vocabulary without scores has no preference, and that is all right.
    assert!(fixture.build(|spec| spec.scores = &[]).is_ok());
}

#[test]
fn long_texts_take_no_quadratic_time() {
    // A quadratic join of a million letters would take hours.
    let tokenizer = Fixture::read("sentencepiece.json").tokenizer();
    let encode = |text: &str| tokenizer.encode(text, SpecialTokens::Parse).len();
    assert!(encode(&"a".repeat(1_000_000)) > 100_000);
    assert!(encode(&"\n".repeat(1_000_000)) > 300_000);
    assert!(encode(&"the fox 🦀 ".repeat(50_000)) > 100_000);
    let tokenizer = Fixture::read("wordpiece.json").tokenizer();
    assert_eq!(tokenizer.encode(&"the fox ".repeat(50_000), SpecialTokens::Parse).len(), 100_000);
}

proptest! {
    #[test]
    fn text_survives_sentencepiece(text in awkward_text()) {
        let spaces = text.replace('\u{2581}', " ");
        let tokenizer = Fixture::read("sentencepiece-no-space.json").tokenizer();
        let tokens = tokenizer.encode(&text, SpecialTokens::Literal);
        prop_assert_eq!(decode(&tokenizer, &tokens), spaces.as_bytes());
    }

    #[test]
    fn any_bytes_make_a_small_vocabulary_or_an_error(
        tokens in prop::collection::vec("([ab<>▁ x0]|\\PC){0,4}", 0..6),
        scores in prop::collection::vec(any::<f32>(), 0..6),
        token_types in prop::collection::vec(0..7_i32, 0..6),
        text in awkward_text(),
    ) {
        let tokens: Vec<&[u8]> = tokens.iter().map(|token| token.as_bytes()).collect();
        for model in ["llama", "bert"] {
            let built = Tokenizer::new(&TokenizerSpec {
                model,
                tokens: &tokens,
                token_types: &token_types,
                scores: &scores,
                ..TokenizerSpec::default()
            });
            if let Ok(tokenizer) = built {
                let ids = tokenizer.encode_sequence(&text, SpecialTokens::Parse);
                prop_assert!(ids.iter().all(|id| (id.0 as usize) < tokens.len()));
            }
        }
    }
}
