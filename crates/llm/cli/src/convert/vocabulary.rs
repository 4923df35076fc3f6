//! The WordPiece vocabulary of `tokenizer.json` in the form that GGUF files have it.
//!
//! There a piece that begins a word has U+2581 ("phantom space") before it, a piece that continues
//! one has lost its `##`, and control tokens stand as they are.

use super::{ConvertError, read_json};
use llm_inference::gguf::GgufWriter;
use serde::Deserialize;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What precedes pieces that begin a word.
const WORD_START: char = '\u{2581}';
/// What marks pieces that continue a word.
const CONTINUATION: &str = "##";

/// Types of tokens, as llama.cpp numbers them.
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;
const UNUSED: i32 = 5;

const FILE: &str = "tokenizer.json";

#[derive(Deserialize)]
struct TokenizerFile {
    model: Model,
    #[serde(default)]
    added_tokens: Vec<AddedToken>,
    normalizer: Option<Normalizer>,
    post_processor: Option<PostProcessor>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: String,
    vocab: BTreeMap<String, usize>,
    unk_token: Option<String>,
    continuing_subword_prefix: Option<String>,
}

#[derive(Deserialize)]
struct AddedToken {
    id: usize,
    content: String,
    special: bool,
}

#[derive(Deserialize)]
struct Normalizer {
    #[serde(rename = "type")]
    kind: String,
    lowercase: Option<bool>,
    strip_accents: Option<bool>,
}

/// What surrounds a text: the two forms in which it is written down.
#[derive(Deserialize)]
struct PostProcessor {
    #[serde(rename = "type")]
    kind: String,
    single: Option<Vec<Value>>,
    cls: Option<(String, usize)>,
    sep: Option<(String, usize)>,
}

/// A vocabulary, ready to be written.
#[derive(Debug)]
pub struct Vocabulary {
    tokens: Vec<String>,
    types: Vec<i32>,
    /// Keys of token ids with their values.
    special: Vec<(&'static str, u32)>,
}

impl Vocabulary {
    /// Reads `tokenizer.json` (and the names of some special tokens from `tokenizer_config.json`);
    /// the vocabulary has `len` tokens.
    ///
    /// # Errors
    /// A tokenizer that is not the WordPiece of lower-cased BERT, or whose ids do not fit.
    pub fn read(folder: &Path, len: usize) -> Result<Self, ConvertError> {
        let file: TokenizerFile = read_json(&folder.join(FILE))?;
        let names = folder.join("tokenizer_config.json");
        let names = if names.exists() { read_json(&names)? } else { Value::Null };
        Self::from_file(file, &names, len)
    }

    fn from_file(file: TokenizerFile, names: &Value, len: usize) -> Result<Self, ConvertError> {
        check(&file)?;
        let (mut spellings, mut types) = (vec![None; len], vec![UNUSED; len]);
        let added: BTreeSet<usize> = file.added_tokens.iter().map(|token| token.id).collect();
        let words = file.model.vocab.into_iter().filter(|(_, id)| !added.contains(id));
        let words = words.map(|(word, id)| (word, id, NORMAL));
        let extra = file.added_tokens.into_iter().map(|token| {
            (token.content, token.id, if token.special { CONTROL } else { USER_DEFINED })
        });
        for (word, id, kind) in words.chain(extra) {
            let problem = match spellings.get(id) {
                None => format!("the token {word:?} has the id {id}, but there are {len} tokens"),
                Some(Some(other)) => format!("{other:?} and {word:?} both have the id {id}"),
                Some(None) => {
                    (spellings[id], types[id]) = (Some(word), kind);
                    continue;
                }
            };
            return Err(ConvertError::setting(FILE, problem));
        }
        let id_of = |word: &str| spellings.iter().position(|other| other.as_deref() == Some(word));
        let special = special_tokens(file.model.unk_token, file.post_processor, names, id_of)?;
        let phantom = |(id, word): (usize, Option<String>)| match word {
            None => format!("{WORD_START}[PAD{id}]"),
            Some(word) if types[id] == CONTROL => word,
            Some(word) => match word.strip_prefix(CONTINUATION) {
                Some(continued) => continued.to_string(),
                None => format!("{WORD_START}{word}"),
            },
        };
        let tokens = spellings.into_iter().enumerate().map(phantom).collect();
        Ok(Self { tokens, types, special })
    }

    /// Writes the keys of the tokenizer.
    pub fn write(&self, writer: &mut GgufWriter) {
        writer.string("tokenizer.ggml.model", "bert");
        // The name that converters have for uncased BERT; readers go by the model.
        writer.string("tokenizer.ggml.pre", "bert-bge");
        writer.strings("tokenizer.ggml.tokens", &self.tokens);
        writer.i32s("tokenizer.ggml.token_type", &self.types);
        for (key, id) in &self.special {
            writer.u32(&format!("tokenizer.ggml.{key}_token_id"), *id);
        }
        writer.bool("tokenizer.ggml.add_bos_token", true);
        writer.bool("tokenizer.ggml.add_eos_token", true);
    }
}

/// Refuses what a reader of `bert` vocabularies does otherwise.
fn check(file: &TokenizerFile) -> Result<(), ConvertError> {
    let bad =
        |key: &str, problem: String| Err(ConvertError::setting(format!("{FILE}: {key}"), problem));
    let model = &file.model;
    if model.kind != "WordPiece" {
        return bad("model.type", format!("{:?} is not supported, only WordPiece", model.kind));
    }
    if let Some(prefix) = model.continuing_subword_prefix.as_deref().filter(|&p| p != CONTINUATION)
    {
        return bad(
            "model.continuing_subword_prefix",
            format!("{prefix:?} is not {CONTINUATION:?}"),
        );
    }
    let Some(normalizer) = &file.normalizer else {
        return bad("normalizer", "there is none, where lower case is needed".to_string());
    };
    if normalizer.kind != "BertNormalizer" {
        let problem = format!("{:?} is not supported, only BertNormalizer", normalizer.kind);
        return bad("normalizer.type", problem);
    }
    // Without its own setting, accents go where upper case does.
    if normalizer.lowercase == Some(false) || normalizer.strip_accents == Some(false) {
        let problem = "upper case or accents are kept, which a bert GGUF cannot express";
        return bad("normalizer", problem.to_string());
    }
    Ok(())
}

fn special_tokens(
    unknown: Option<String>,
    post_processor: Option<PostProcessor>,
    names: &Value,
    id_of: impl Fn(&str) -> Option<usize>,
) -> Result<Vec<(&'static str, u32)>, ConvertError> {
    let require = |key: &str, word: &str| match id_of(word) {
        Some(id) => Ok(id as u32),
        None => {
            let problem = format!("the token {word:?} is not in the vocabulary");
            Err(ConvertError::setting(format!("{FILE}: {key}"), problem))
        }
    };
    let (first, last) = surroundings(post_processor)?;
    let (first, last) = (require("post_processor", &first)?, require("post_processor", &last)?);
    let mut special = vec![("bos", first), ("eos", last)];
    if let Some(unknown) = unknown {
        special.push(("unknown", require("model.unk_token", &unknown)?));
    }
    // The spelling is the format's own.
    special.push(("seperator", last));
    for (key, name) in [("padding", "pad_token"), ("mask", "mask_token")] {
        let word = &names[name];
        if let Some(word) = word.as_str().or(word["content"].as_str()) {
            special.push((key, require(name, word)?));
        }
    }
    special.insert(2, ("cls", first));
    Ok(special)
}

/// The tokens before and behind every text.
fn surroundings(post_processor: Option<PostProcessor>) -> Result<(String, String), ConvertError> {
    let token = |piece: &Value| piece["SpecialToken"]["id"].as_str().map(str::to_string);
    let found = post_processor.and_then(|processor| match processor.kind.as_str() {
        "TemplateProcessing" => match &processor.single?[..] {
            [first, _, last] => Some((token(first)?, token(last)?)),
            _ => None,
        },
        "BertProcessing" => Some((processor.cls?.0, processor.sep?.0)),
        _ => None,
    });
    found.ok_or_else(|| {
        let problem = "it does not put one token before a text and one behind it";
        ConvertError::setting(format!("{FILE}: post_processor"), problem)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn file() -> Value {
        json!({
            "added_tokens": [
                {"id": 0, "content": "[PAD]", "special": true},
                {"id": 1, "content": "[UNK]", "special": true},
                {"id": 2, "content": "[CLS]", "special": true},
                {"id": 3, "content": "[SEP]", "special": true},
                {"id": 7, "content": "custom", "special": false},
            ],
            "normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": null},
            "post_processor": {"type": "TemplateProcessing", "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A"}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ]},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "play": 4, "##ing": 5}},
        })
    }

    fn read(file: Value, len: usize) -> Result<Vocabulary, ConvertError> {
        let file = serde_json::from_value(file).expect("the form is right");
        Vocabulary::from_file(file, &json!({"pad_token": {"content": "[PAD]"}}), len)
    }

    #[test]
    fn pieces_get_phantom_spaces_and_lose_their_marks() {
        let vocabulary = read(file(), 8).expect("it is sound");
        let tokens: Vec<&str> = vocabulary.tokens.iter().map(String::as_str).collect();
        let expected = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁play", "ing", "▁[PAD6]", "▁custom"];
        assert_eq!(tokens, expected);
        assert_eq!(vocabulary.types, [3, 3, 3, 3, 1, 1, 5, 4]);
        let special =
            [("bos", 2), ("eos", 3), ("cls", 2), ("unknown", 1), ("seperator", 3), ("padding", 0)];
        assert_eq!(vocabulary.special, special);
    }

    #[test]
    fn the_older_form_of_the_surroundings_is_read_too() {
        let mut file = file();
        file["post_processor"] =
            json!({"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]});
        assert_eq!(read(file, 8).expect("it is sound").special[0], ("bos", 2));
    }

    #[test]
    fn other_tokenizers_are_refused_by_name() {
        for (pointer, value, expected) in [
            ("/model/type", json!("BPE"), "tokenizer.json: model.type: \"BPE\" is not supported"),
            ("/model/continuing_subword_prefix", json!("@@"), "\"@@\" is not \"##\""),
            ("/normalizer", json!(null), "normalizer: there is none"),
            ("/normalizer/type", json!("NFKC"), "\"NFKC\" is not supported"),
            ("/normalizer/lowercase", json!(false), "upper case or accents are kept"),
            ("/post_processor", json!(null), "one token before a text"),
            ("/post_processor/single/0/SpecialToken/id", json!("[X]"), "\"[X]\" is not in the voc"),
            ("/model/unk_token", json!("[Y]"), "model.unk_token: the token \"[Y]\""),
            ("/model/vocab/play", json!(8), "\"play\" has the id 8, but there are 8 tokens"),
            ("/model/vocab/play", json!(5), "both have the id 5"),
        ] {
            let mut file = file();
            *file.pointer_mut(pointer).expect("it is there") = value;
            let message = read(file, 8).expect_err(pointer).to_string();
            assert!(message.contains(expected), "{pointer}: {message}");
        }
    }
}
