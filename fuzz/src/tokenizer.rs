//! Vocabularies, and texts cut into their tokens.
//!
//! The first byte chooses. Even: the rest is text for a sound vocabulary. Odd: the rest is the
//! metadata of a vocabulary in a form that mutation does not break at once (see [`vocabulary`]),
//! with a text behind it.

use crate::Target;
use llm_inference::{
    gguf::{Gguf, GgufWriter},
    model::SpecialTokens,
    testing::TestModel,
    tokenizer::{Tokenizer, TokenizerError, Utf8Stream},
};
use std::sync::LazyLock;

/// See [`run`].
pub const TARGET: Target = Target { name: "tokenizer", run, seeds, words: WORDS, memory_limit };

/// Tables for the vocabulary, and a few words of state for each byte of text.
const fn memory_limit(len: usize) -> usize {
    (2 << 20) + 400 * len
}

const WORDS: &[&str] = &[
    "<|im_start|>",
    "<|im_end|>",
    "<|endoftext|>",
    "<s>",
    "</s>",
    "<0x0A>",
    "<unk>",
    "[CLS]",
    "[UNK]",
    "##ing",
    "\u{2581}",
    "Ġ",
    "'s",
    "'LL",
    "\r\n",
    "\u{a0}",
    "\u{3000}",
    "١٢٣",
    "e\u{301}",
    "한글",
    "👩‍👩‍👧",
    "\u{fffd}",
    "12345678",
];

/// Byte tokens and ChatML's.
static SOUND: LazyLock<Tokenizer> = LazyLock::new(|| {
    let model = TestModel { layers: 1, width: 32, hidden: 32, ..TestModel::default() };
    let file = model.build();
    let gguf = Gguf::parse(&file).expect("a sound file");
    Tokenizer::from_gguf(&gguf).expect("a sound vocabulary")
});

fn seeds() -> Vec<Vec<u8>> {
    let texts = [
        "Hello, world!\n\n  It's 3.14 o'clock\t(or 1234567)...",
        "<|im_start|>user\nWas ist <|im_end|> ?<|im_end|>\n",
        "grüße \u{1f600} \u{301}\u{200d} 한글 ١٢٣ \r\n\r\n",
    ];
    let mut seeds: Vec<Vec<u8>> =
        texts.iter().map(|text| [b"\0", text.as_bytes()].concat()).collect();
    let vocabularies = [
        // Ids of special tokens and types; model, pre-tokenizer, tokens, merges, text.
        &b"\x01\x00\x01\x02gpt2\nsmollm\n<|im_end|> a b c ab abc\na b|ab c\nabcab<|im_end|>"[..],
        b"\x01\x01\x02\x03llama\ndefault\n<unk> <s> </s> <0x41> <0xFF> \xe2\x96\x81 a ab b\n\nab b",
        b"\x01\x02\x03\x01bert\ndefault\n[UNK] [CLS] [SEP] \xe2\x96\x81a \xe2\x96\x81b ##c c\n\nabc b",
    ];
    seeds.extend(vocabularies.map(<[u8]>::to_vec));
    seeds
}

/// Tokens must spell the text they were made of, in one piece and piece by piece.
pub fn run(data: &[u8]) {
    let Some((&choice, rest)) = data.split_first() else { return };
    if choice % 2 == 0 {
        let text = String::from_utf8_lossy(rest);
        let tokens = SOUND.encode(&text, SpecialTokens::Literal);
        let bytes: Vec<u8> =
            tokens.iter().flat_map(|&token| SOUND.token_bytes(token).iter().copied()).collect();
        assert_eq!(String::from_utf8_lossy(&bytes), text, "every byte has its token");
        let mut stream = Utf8Stream::default();
        let mut streamed = String::new();
        for &token in &tokens {
            streamed += &stream.push(SOUND.token_bytes(token));
        }
        streamed += &stream.finish();
        assert_eq!(streamed, text, "streaming loses nothing");
        encode_all(&SOUND, &text);
    } else {
        let (tokenizer, text) = vocabulary(rest);
        match tokenizer {
            Ok(tokenizer) => encode_all(&tokenizer, &text),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}

/// A vocabulary from three bytes of numbers and four lines (model, pre-tokenizer, tokens separated
/// by spaces, merges separated by bars), and the text behind them.
fn vocabulary(data: &[u8]) -> (Result<Tokenizer, TokenizerError>, String) {
    let (numbers, rest) = data.split_at(data.len().min(3));
    let mut lines = rest.splitn(5, |&byte| byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (model, pre) = (line(), line());
    let tokens: Vec<&[u8]> = line().split(|&byte| byte == b' ').collect();
    let merges: Vec<&[u8]> = line().split(|&byte| byte == b'|').filter(|m| !m.is_empty()).collect();
    let text = String::from_utf8_lossy(line()).into_owned();
    let number = |index: usize| numbers.get(index).copied().unwrap_or(0);

    let mut writer = GgufWriter::default();
    writer.string("tokenizer.ggml.model", &String::from_utf8_lossy(model));
    writer.string("tokenizer.ggml.pre", &String::from_utf8_lossy(pre));
    writer.raw("tokenizer.ggml.tokens", 9, &string_array(&tokens));
    writer.raw("tokenizer.ggml.merges", 9, &string_array(&merges));
    // Types and scores that follow from the numbers: many patterns for few bytes.
    let types: Vec<i32> =
        (0..tokens.len()).map(|id| 1 + (id * usize::from(number(0)) / 7 % 7) as i32).collect();
    writer.i32s("tokenizer.ggml.token_type", &types);
    let scores: Vec<u8> = (0..tokens.len())
        .flat_map(|id| (-((id * usize::from(number(1)) % 64) as f32)).to_le_bytes())
        .collect();
    let len = (tokens.len() as u64).to_le_bytes();
    writer.raw("tokenizer.ggml.scores", 9, &[&6_u32.to_le_bytes()[..], &len, &scores].concat());
    for (name, shift) in [("bos", 0), ("eos", 2), ("unknown", 4), ("seperator", 6)] {
        let id = number(2) >> shift & 3;
        writer.u32(&format!("tokenizer.ggml.{name}_token_id"), id.into());
    }
    let file = writer.finish();
    let gguf = Gguf::parse(&file).expect("the structure is sound");
    (Tokenizer::from_gguf(&gguf), text)
}

/// An array as GGUF has it: type, count, then a length before each text.
fn string_array(texts: &[&[u8]]) -> Vec<u8> {
    let mut out = 8_u32.to_le_bytes().to_vec();
    out.extend((texts.len() as u64).to_le_bytes());
    for text in texts {
        out.extend((text.len() as u64).to_le_bytes());
        out.extend(*text);
    }
    out
}

/// Encodes in every way; tokens must be in the vocabulary.
fn encode_all(tokenizer: &Tokenizer, text: &str) {
    for special in [SpecialTokens::Parse, SpecialTokens::Literal] {
        for token in tokenizer.encode(text, special) {
            assert!((token.0 as usize) < tokenizer.vocabulary());
            tokenizer.token_bytes(token);
            tokenizer.spelling(token);
        }
    }
    let shielded = tokenizer.shield(text);
    let controls = tokenizer.encode(&shielded, SpecialTokens::Parse);
    assert!(!controls.iter().any(|&token| tokenizer.is_control(token)), "{shielded:?}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vocabularies_among_the_seeds_are_sound() {
        let seeds = seeds();
        let vocabularies: Vec<_> = seeds.iter().filter(|seed| seed[0] == 1).collect();
        assert_eq!(vocabularies.len(), 3);
        for seed in vocabularies {
            let (tokenizer, text) = vocabulary(&seed[1..]);
            let tokenizer = tokenizer.unwrap_or_else(|error| panic!("{error}: {text}"));
            assert!(!tokenizer.encode(&text, SpecialTokens::Parse).is_empty(), "{text}");
        }
    }
}
