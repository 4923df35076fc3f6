//! Several sequences on one set of weights.

use super::{StopAt, run, tokens};
use crate::{
    engine::{BatchError, Engine, Extension, Options, SequenceError, SequenceId},
    kv::pages_for,
    model::{ForwardError, LanguageModel, TokenId},
    testing::TestModel,
};
use alloc::{string::ToString, vec::Vec};
use core::{
    cell::Cell,
    future::Future,
    pin::pin,
    task::{Context, Waker},
};
use llm_tensor::{CpuFeatures, TensorType, testing::Random};
use system_platform::{compute::SerialPool, pace::Unpaced};

fn load(file: &[u8], extra_tokens: usize) -> Engine<'_> {
    let options = Options { extra_tokens, ..Options::new(CpuFeatures::detect()) };
    Engine::load(file, options, &SerialPool).expect("sound model")
}

fn random_tokens(random: &mut Random, count: usize) -> Vec<TokenId> {
    (0..count).map(|_| TokenId(random.below(TestModel::VOCABULARY) as u32)).collect()
}

fn bits(logits: &[f32]) -> Vec<u32> {
    logits.iter().map(|logit| logit.to_bits()).collect()
}

/// The logits after `tokens` in an engine that has computed nothing else.
fn alone(file: &[u8], tokens: &[TokenId]) -> Vec<u32> {
    let mut engine = load(file, 0);
    run(engine.extend(tokens, &Unpaced)).expect("the tokens fit");
    bits(engine.logits())
}

fn extend_all(
    engine: &mut Engine<'_>,
    extensions: &[Extension<'_>],
    pass_tokens: usize,
) -> Result<(), BatchError> {
    run(engine.extend_batch(extensions, pass_tokens, &Unpaced, |_, _, _| ()))
}

#[test]
fn sequences_computed_together_give_the_bits_of_each_alone() {
    for kind in [TensorType::Q4_1, TensorType::Q8_0, TensorType::F16] {
        let file =
            TestModel { kinds: [kind].to_vec(), embedding_kind: kind, ..TestModel::default() }
                .build();
        let mut random = Random::new(7);
        let texts: Vec<_> =
            [40, 1, 17, 33, 70].map(|count| random_tokens(&mut random, count)).into();
        for pass_tokens in [1, 5, 1000] {
            let mut engine = load(&file, 400);
            let ids: Vec<SequenceId> =
                texts.iter().map(|_| engine.create_sequence().expect("memory")).collect();
            // In two steps, so that the second starts at odd places.
            for half in 0..2 {
                let extensions: Vec<_> = texts
                    .iter()
                    .zip(&ids)
                    .map(|(text, &id)| {
                        let (first, second) = text.split_at(text.len() / 3);
                        Extension::new(id, if half == 0 { first } else { second })
                    })
                    .collect();
                extend_all(&mut engine, &extensions, pass_tokens).expect("all fits");
            }
            for (text, id) in texts.iter().zip(ids) {
                assert_eq!(engine.sequence_tokens(id), Ok(text.as_slice()));
                let logits = engine.sequence_logits(id).expect("it is there");
                assert_eq!(bits(logits), alone(&file, text), "{kind}, {} tokens", text.len());
            }
        }
    }
}

#[test]
fn forks_equal_recomputation() {
    let file = TestModel::default().build();
    let mut random = Random::new(3);
    // Within a page, at its end, and beyond.
    for shared in [5, 32, 45, 64] {
        let mut engine = load(&file, 512);
        let prompt = random_tokens(&mut random, shared);
        run(engine.extend(&prompt, &Unpaced)).expect("the tokens fit");
        let main = engine.main_sequence();
        let forks = [(); 3].map(|()| engine.fork_sequence(main).expect("memory"));
        assert_eq!(
            engine.kv_arena().capacity_pages() - engine.kv_arena().free_pages(),
            pages_for(shared)
        );
        for id in forks {
            assert_eq!(engine.sequence_logits(id), Ok(engine.logits()));
        }
        let texts = [20, 40, 1].map(|count| random_tokens(&mut random, count));
        let extensions: Vec<_> =
            texts.iter().zip(forks).map(|(text, id)| Extension::new(id, text)).collect();
        extend_all(&mut engine, &extensions, 16).expect("all fits");
        for (text, id) in texts.iter().zip(forks) {
            let whole = [prompt.as_slice(), text].concat();
            let logits = engine.sequence_logits(id).expect("it is there");
            assert_eq!(bits(logits), alone(&file, &whole), "{shared} shared");
        }
        // The parent has not noticed, and may go elsewhere from the middle of what is shared.
        assert_eq!(bits(engine.logits()), alone(&file, &prompt));
        engine.truncate(3);
        let other = random_tokens(&mut random, 9);
        run(engine.extend(&other, &Unpaced)).expect("the tokens fit");
        assert_eq!(bits(engine.logits()), alone(&file, &[&prompt[..3], &other].concat()));
        let whole = [prompt.as_slice(), &texts[0]].concat();
        run(engine.extend(&[TokenId(9)], &Unpaced)).expect("the tokens fit");
        extend_all(&mut engine, &[Extension::new(forks[0], &[TokenId(9)])], 16).expect("it fits");
        let logits = engine.sequence_logits(forks[0]).expect("it is there");
        assert_eq!(bits(logits), alone(&file, &[whole.as_slice(), &[TokenId(9)]].concat()));
    }
}

#[test]
fn a_pass_gives_every_sequence_a_token_and_says_how_far_each_got() {
    let file = TestModel::default().build();
    let mut engine = load(&file, 300);
    let [long, short] = [(); 2].map(|()| engine.create_sequence().expect("memory"));
    let text = tokens(50);
    let work = [Extension::new(long, &text), Extension::new(short, &text[..1])];
    let advance = |engine: &mut Engine<'_>, work: &[Extension<'_>]| {
        run(engine.advance_batch(work, 8, &Unpaced, |_, _, _| ()))
    };
    assert_eq!(advance(&mut engine, &work), Ok([7, 1].to_vec()));
    assert_eq!(engine.sequence_logits(long), Ok(&[][..]), "it is not there yet");
    let logits = engine.sequence_logits(short).expect("it is there");
    assert_eq!(bits(logits), alone(&file, &text[..1]));
    let rest = [Extension::new(long, &text[7..])];
    extend_all(&mut engine, &rest, 8).expect("it fits");
    assert_eq!(bits(engine.sequence_logits(long).expect("it is there")), alone(&file, &text));
}

#[test]
fn a_full_arena_is_refused_with_what_is_missing_and_nothing_is_lost() {
    let file = TestModel { context: 320, ..TestModel::default() }.build();
    let mut engine = load(&file, 64);
    let other = engine.create_sequence().expect("memory");
    let text = tokens(310);
    extend_all(&mut engine, &[Extension::new(other, &text[..100])], 16).expect("4 of 12 pages");
    run(engine.extend(&text[..200], &Unpaced)).expect("7 of 12 pages");
    let before = (bits(engine.logits()), engine.kv_arena().free_pages());
    assert_eq!(before.1, 1);
    let main = engine.main_sequence();
    let work = [Extension::new(main, &text[..30]), Extension::new(other, &text[..40])];
    let refused = BatchError::ArenaFull { sequence: other, needed_pages: 1, free_pages: 0 };
    assert_eq!(extend_all(&mut engine, &work, 16), Err(refused));
    let message = refused.to_string();
    assert!(message.ends_with("1 pages of keys and values are needed, 0 free"), "{message}");
    let too_many = run(engine.extend(&text[..100], &Unpaced));
    assert_eq!(too_many, Err(ForwardError::ArenaFull { needed_pages: 3, free_pages: 1 }));
    assert_eq!((bits(engine.logits()), engine.kv_arena().free_pages()), before);
    assert_eq!(engine.sequence_tokens(other), Ok(&text[..100]));
    engine.free_sequence(other).expect("it is there");
    run(engine.extend(&text[..100], &Unpaced)).expect("now there is room");
    let whole = [&text[..200], &text[..100]].concat();
    assert_eq!(bits(engine.logits()), alone(&file, &whole));
}

#[test]
fn what_cannot_be_computed_is_named_and_changes_nothing() {
    let file = TestModel::default().build();
    let mut engine = load(&file, 600);
    let [first, second, freed] = [(); 3].map(|()| engine.create_sequence().expect("memory"));
    engine.free_sequence(freed).expect("it is there");
    let text = tokens(513);
    let unknown = TokenId(TestModel::VOCABULARY as u32);
    let bad = [text[0], unknown];
    let fine = Extension::new(first, &text[..10]);
    for (extension, expected) in [
        (Extension::new(freed, &text[..1]), BatchError::UnknownSequence(freed)),
        (Extension::new(first, &text[..1]), BatchError::RepeatedSequence(first)),
        (
            Extension::new(second, &bad),
            BatchError::UnknownToken { sequence: second, token: unknown },
        ),
        (
            Extension::new(second, &text),
            BatchError::ContextFull { sequence: second, needed: 513, limit: 512 },
        ),
    ] {
        assert_eq!(extend_all(&mut engine, &[fine, extension], 16), Err(expected));
        assert_eq!(engine.sequence_tokens(first), Ok(&[][..]));
        assert_eq!(engine.kv_arena().free_pages(), engine.kv_arena().capacity_pages());
    }
}

#[test]
fn the_id_of_a_freed_sequence_never_names_another() {
    let file = TestModel::default().build();
    let mut engine = load(&file, 100);
    let mut freed = Vec::new();
    for _ in 0..5 {
        let id = engine.create_sequence().expect("memory");
        assert!(!freed.contains(&id));
        engine.free_sequence(id).expect("it is there");
        freed.push(id);
    }
    let alive = engine.create_sequence().expect("memory");
    for id in freed {
        assert_eq!(engine.sequence_tokens(id), Err(SequenceError::Unknown(id)));
        assert_eq!(engine.free_sequence(id), Err(SequenceError::Unknown(id)));
        assert_eq!(engine.fork_sequence(id), Err(SequenceError::Unknown(id)));
        assert_eq!(engine.truncate_sequence(id, 0), Err(SequenceError::Unknown(id)));
    }
    assert_eq!(engine.sequence_tokens(alive), Ok(&[][..]));
    assert_eq!(engine.free_sequence(engine.main_sequence()), Err(SequenceError::Main));
}

#[test]
fn random_histories_end_as_if_each_sequence_had_been_alone() {
    let file = TestModel { context: 128, ..TestModel::default() }.build();
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let mut engine = load(&file, 160);
        let mut expected = [(engine.main_sequence(), Vec::new())].to_vec();
        for _ in 0..30 {
            let picked = random.below(expected.len());
            match random.below(8) {
                0 => expected.push((engine.create_sequence().expect("memory"), Vec::new())),
                1 | 2 => {
                    let (id, text) = expected[picked].clone();
                    expected.push((engine.fork_sequence(id).expect("memory"), text));
                }
                3 => {
                    let (id, text) = &mut expected[picked];
                    text.truncate(random.below(text.len() + 1));
                    engine.truncate_sequence(*id, text.len()).expect("it is there");
                }
                4 if picked > 0 => {
                    let (id, _) = expected.swap_remove(picked);
                    engine.free_sequence(id).expect("it is there");
                }
                _ => {
                    let texts: Vec<_> = expected
                        .iter()
                        .map(|_| {
                            let count = random.below(12);
                            random_tokens(&mut random, count)
                        })
                        .collect();
                    let work: Vec<_> = expected
                        .iter()
                        .zip(&texts)
                        .map(|((id, _), text)| Extension::new(*id, text))
                        .collect();
                    match extend_all(&mut engine, &work, 1 + random.below(20)) {
                        Ok(()) => {
                            for ((_, text), more) in expected.iter_mut().zip(texts) {
                                text.extend(more);
                            }
                        }
                        Err(BatchError::ContextFull { .. } | BatchError::ArenaFull { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            for (id, text) in &expected {
                assert_eq!(engine.sequence_tokens(*id), Ok(text.as_slice()), "seed {seed}");
            }
        }
        for (id, text) in &mut expected {
            // What was truncated has no logits; one more token shows that its cache is right.
            let short = text.len().min(100);
            text.truncate(short);
            text.push(TokenId(7));
            engine.truncate_sequence(*id, short).expect("it is there");
            let more = [Extension::new(*id, &[TokenId(7)])];
            if let Err(error) = extend_all(&mut engine, &more, 16) {
                assert!(matches!(error, BatchError::ArenaFull { .. }), "{error}");
                continue;
            }
            let logits = engine.sequence_logits(*id).expect("it is there");
            assert_eq!(bits(logits), alone(&file, text), "seed {seed}");
        }
        for (id, _) in expected {
            engine.truncate_sequence(id, 0).expect("it is there");
        }
        assert_eq!(engine.kv_arena().free_pages(), engine.kv_arena().capacity_pages());
    }
}

#[test]
fn a_batch_dropped_anywhere_leaves_finished_tokens_in_every_sequence() {
    let file = TestModel::default().build();
    let text = tokens(40);
    for stop in (1..45).step_by(5) {
        let mut engine = load(&file, 200);
        let ids = [(); 2].map(|()| engine.create_sequence().expect("memory"));
        let work = ids.map(|id| Extension::new(id, &text));
        let pacer = StopAt { left: Cell::new(stop) };
        let mut context = Context::from_waker(Waker::noop());
        {
            let batch = pin!(engine.extend_batch(&work, 16, &pacer, |_, _, _| ()));
            assert!(batch.poll(&mut context).is_pending(), "it has more checkpoints than {stop}");
        }
        for id in ids {
            let done = engine.sequence_tokens(id).expect("it is there").len();
            assert_eq!(engine.sequence_tokens(id), Ok(&text[..done]));
            // One of the two may have had its last token before the batch was dropped.
            if done < text.len() {
                assert_eq!(engine.sequence_logits(id), Ok(&[][..]));
                extend_all(&mut engine, &[Extension::new(id, &text[done..])], 16).expect("it fits");
            }
            let logits = engine.sequence_logits(id).expect("it is there");
            assert_eq!(bits(logits), alone(&file, &text), "stopped at checkpoint {stop}");
        }
    }
}
