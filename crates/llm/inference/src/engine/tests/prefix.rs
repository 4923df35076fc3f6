//! Saved states, sound and otherwise.

use super::{run, tokens};
use crate::{
    engine::{Engine, Options, PrefixError},
    hash::Fnv,
    model::{LanguageModel, TokenId},
    testing::TestModel,
};
use alloc::vec::Vec;
use llm_tensor::{CpuFeatures, testing::Random};
use system_platform::{compute::SerialPool, pace::Unpaced};

fn load(file: &[u8]) -> Engine<'_> {
    let options = Options { extra_tokens: 512, ..Options::new(CpuFeatures::detect()) };
    Engine::load(file, options, &SerialPool).expect("sound model")
}

fn logit_bits(engine: &Engine<'_>) -> Vec<u32> {
    engine.logits().iter().map(|logit| logit.to_bits()).collect()
}

/// Bytes as if they had been written so.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = bytes.len() - 8;
    let mut hash = Fnv::new();
    hash.update(&bytes[..body]);
    bytes[body..].copy_from_slice(&hash.finish().to_le_bytes());
    bytes
}

#[test]
fn a_restored_prefix_goes_on_with_the_same_bits() {
    let file = TestModel::default().build();
    let text = tokens(80);
    for len in [0, 1, 31, 32, 70] {
        let mut engine = load(&file);
        run(engine.extend(&text[..75], &Unpaced)).expect("the tokens fit");
        let saved = engine.save_prefix(len, usize::MAX).expect("it is computed");
        run(engine.extend(&text[75..], &Unpaced)).expect("the tokens fit");
        let expected = logit_bits(&engine);

        let mut other = load(&file);
        assert_eq!(other.restore_prefix(&text[..len], &saved), Ok(len));
        assert_eq!(other.computed(), &text[..len]);
        assert!(other.logits().is_empty());
        assert_eq!(other.save_prefix(len, usize::MAX).as_ref(), Ok(&saved));
        run(other.extend(&text[len..], &Unpaced)).expect("the tokens fit");
        assert_eq!(logit_bits(&other), expected, "{len} tokens");
    }
}

#[test]
fn of_another_text_the_common_beginning_is_restored() {
    let file = TestModel::default().build();
    let text = tokens(80);
    let mut engine = load(&file);
    run(engine.extend(&text[..70], &Unpaced)).expect("the tokens fit");
    let saved = engine.save_prefix(70, usize::MAX).expect("it is computed");
    for common in [1, 31, 32, 33, 69] {
        let mut asked = text.clone();
        asked[common] = TokenId(asked[common].0 ^ 1);
        let mut fresh = load(&file);
        run(fresh.extend(&asked, &Unpaced)).expect("the tokens fit");

        let mut other = load(&file);
        assert_eq!(other.restore_prefix(&asked, &saved), Ok(common));
        assert_eq!(other.computed(), &asked[..common]);
        run(other.extend(&asked[common..], &Unpaced)).expect("the tokens fit");
        assert_eq!(logit_bits(&other), logit_bits(&fresh), "{common} tokens");
    }
    for (asked, common) in [(80, 70), (40, 40), (0, 0)] {
        let mut other = load(&file);
        assert_eq!(other.restore_prefix(&text[..asked], &saved), Ok(common));
        assert_eq!(other.computed(), &text[..common]);
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name_and_changes_nothing() {
    let file = TestModel::default().build();
    let text = tokens(40);
    let mut engine = load(&file);
    run(engine.extend(&text, &Unpaced)).expect("the tokens fit");
    let main = engine.main_sequence();
    let saved = engine.save_prefix(40, usize::MAX).expect("it is computed");
    assert_eq!(
        engine.save_prefix(41, usize::MAX),
        Err(PrefixError::TooShort { wanted: 41, computed: 40 })
    );
    let bytes = saved.len();
    assert_eq!(
        engine.save_prefix(40, bytes - 1),
        Err(PrefixError::TooLarge { bytes, most: bytes - 1 })
    );
    assert_eq!(engine.save_prefix(40, bytes).as_ref(), Ok(&saved));
    let target = engine.create_sequence().expect("memory");
    let free_pages = engine.kv_arena().free_pages();
    let changed = |offset: usize, with: &[u8]| {
        let mut bytes = saved.clone();
        bytes[offset..offset + with.len()].copy_from_slice(with);
        bytes
    };
    let len = saved.len();
    let wrong_length = |expected, found| PrefixError::WrongLength { expected, found };
    let nan = 40 + 4 * 40 + 2 * (64 * 40 + 3 * 64 + 7);
    let cases = [
        (Vec::new(), PrefixError::NotAPrefix),
        (changed(0, b"x"), PrefixError::NotAPrefix),
        (changed(8, &[2]), PrefixError::UnknownVersion(2)),
        (saved[..20].to_vec(), wrong_length(None, 20)),
        (saved[..len - 1].to_vec(), wrong_length(Some(len), len - 1)),
        ([saved.as_slice(), &[0]].concat(), wrong_length(Some(len), len + 1)),
        (changed(24, &[0xff; 16]), wrong_length(None, len)),
        (changed(len - 20, &[saved[len - 20] ^ 1]), PrefixError::Corrupted),
        (sealed(changed(12, &[saved[12] ^ 1])), PrefixError::OtherDialect),
        (sealed(changed(24, &[4, 0, 0, 0, 1])), PrefixError::OtherShape { found: [4, 1, 16] }),
        (sealed(changed(40, &[0xee])), PrefixError::OtherTokens),
        (sealed(changed(nan, &[1, 0x7c])), PrefixError::NotANumber { layer: 1, position: 3 }),
    ];
    for (bytes, expected) in cases {
        assert_eq!(engine.restore_sequence_prefix(target, &text, &bytes), Err(expected));
        assert_eq!(engine.sequence_tokens(target), Ok(&[][..]));
        assert_eq!(engine.kv_arena().free_pages(), free_pages);
    }
    assert_eq!(engine.restore_prefix(&text, &saved), Err(PrefixError::NotEmpty(main)));
    engine.free_sequence(target).expect("it is there");
    let refused = engine.restore_sequence_prefix(target, &text, &saved);
    assert_eq!(refused, Err(PrefixError::UnknownSequence(target)));

    let other_file = TestModel { seed: 2, ..TestModel::default() }.build();
    let mut other = load(&other_file);
    let fingerprint = engine.info().fingerprint;
    let refused = other.restore_prefix(&text, &saved);
    assert_eq!(refused, Err(PrefixError::OtherModel { fingerprint }));
}

#[test]
fn a_prefix_that_finds_no_room_is_refused() {
    let file = TestModel { context: 300, ..TestModel::default() }.build();
    let text = tokens(300);
    let mut engine = load(&file);
    run(engine.extend(&text, &Unpaced)).expect("the tokens fit");
    let saved = engine.save_prefix(300, usize::MAX).expect("it is computed");
    let options = Options { context: Some(256), ..Options::new(CpuFeatures::detect()) };
    let mut small = Engine::load(&file, options, &SerialPool).expect("sound model");
    let refused = small.restore_prefix(&text, &saved);
    assert_eq!(refused, Err(PrefixError::ContextFull { needed: 300, limit: 256 }));
    let short = engine.save_prefix(200, usize::MAX).expect("it is computed");
    let other = small.create_sequence().expect("memory");
    run(small.extend(&text[..100], &Unpaced)).expect("the tokens fit");
    let refused = small.restore_sequence_prefix(other, &text[..200], &short);
    assert_eq!(refused, Err(PrefixError::ArenaFull { needed_pages: 7, free_pages: 4 }));
}

#[test]
fn no_random_damage_is_believed() {
    let file = TestModel::default().build();
    let text = tokens(9);
    let mut engine = load(&file);
    run(engine.extend(&text, &Unpaced)).expect("the tokens fit");
    let saved = engine.save_prefix(9, usize::MAX).expect("it is computed");
    engine.truncate(0);
    let mut random = Random::new(1);
    for _ in 0..3000 {
        let mut bytes = saved.clone();
        for _ in 0..=random.below(3) {
            match random.below(4) {
                0 => bytes.truncate(random.below(bytes.len() + 1)),
                1 if !bytes.is_empty() => {
                    let place = random.below(bytes.len());
                    bytes[place] ^= 1 << random.below(8);
                }
                2 if bytes.len() > 8 => {
                    let from = random.below(bytes.len() - 8);
                    let to = random.below(bytes.len() - 8);
                    bytes.copy_within(from..from + 8, to);
                }
                _ => bytes.extend((0..random.below(9)).map(|_| 7)),
            }
        }
        // Half of them with a hash that is right, as a program with a bug would write them: these
        // may differ in keys and values, but must be of this model and these tokens.
        let is_sealed = bytes.len() >= 8 && random.below(2) == 0;
        let bytes = if is_sealed { sealed(bytes) } else { bytes };
        match engine.restore_prefix(&text, &bytes) {
            Ok(common) => {
                assert_eq!(bytes.len(), saved.len());
                assert_eq!(bytes[..40 + 4 * common], saved[..40 + 4 * common]);
                assert_eq!(engine.computed(), &text[..common]);
                assert!(is_sealed || bytes == saved);
                engine.truncate(0);
            }
            Err(_) => assert_eq!(engine.computed(), &[] as &[TokenId]),
        }
        assert_eq!(engine.kv_arena().free_pages(), engine.kv_arena().capacity_pages());
    }
}
