//! Warm starts, with a real engine on a small random model and a store on a disk in memory.

use super::Bench;
use crate::{
    Agent, Config, SavedStart, Settings, WarmStart, WarmStartError,
    testing::{FakeHost, Recorded, Recorder},
};
use alloc::{boxed::Box, format, rc::Rc, vec::Vec};
use core::sync::atomic::AtomicBool;
use llm_context::common_prefix;
use llm_inference::{
    engine::{Engine, Options},
    model::{LanguageModel, PrefixError, TokenId},
    testing::TestModel,
};
use llm_memory::kinds;
use llm_tensor::CpuFeatures;
use system_platform::{
    BlockDevice, MemoryDisk,
    compute::SerialPool,
    pace::{Unpaced, run},
};
use system_storage::{Batch, FormatOptions, Key, Store, StoreError};

const QUESTION: &str = "What is a warm start?";

/// An agent on a machine that has just started.
struct Started<'f> {
    agent: Agent<'static, Engine<'f>>,
    recorder: Recorder,
}

impl<'f> Started<'f> {
    fn new(file: &'f [u8]) -> Self {
        Self::on(CpuFeatures::detect(), file)
    }

    fn on(cpu: CpuFeatures, file: &'f [u8]) -> Self {
        let model = Engine::load(file, Options::new(cpu), &SerialPool).expect("sound model");
        // Tests are few and their hosts small: leaking them spares every test a lifetime.
        let host: &'static FakeHost = Box::leak(Box::default());
        let settings = Settings { max_tokens: 24, ..Settings::default() };
        let config = Config { settings, ..Config::default() };
        let agent = Agent::new(Some(model), host, config).expect("the pinned part fits");
        Self { agent, recorder: Recorder::default() }
    }

    fn restore(&mut self, store: &Store<'_>) -> WarmStart {
        run(self.agent.restore_warm_start(store, &self.recorder))
    }

    fn save(&mut self, store: &Store<'_>) -> SavedStart {
        run(self.agent.save_warm_start(store)).expect("the store takes it")
    }

    /// Warms up; tells how many tokens were computed since the start.
    fn warm_up(&mut self) -> usize {
        let cancel = AtomicBool::new(false);
        assert!(run(self.agent.warm_up(&Unpaced, &self.recorder, &cancel)));
        self.agent.stats().total.prefill_tokens as usize
    }

    /// Enters a line and gives what happened.
    fn enter(&mut self, line: &str) -> Vec<Recorded> {
        self.recorder.take();
        run(self.agent.process_input(line, &Unpaced, &self.recorder, &AtomicBool::new(false)));
        self.recorder.take()
    }

    fn pinned(&self) -> usize {
        self.agent.usage().pinned
    }

    fn pinned_tokens(&self) -> Vec<TokenId> {
        self.agent.window.tokens()[..self.pinned()].to_vec()
    }

    /// What stands in the cache after a question, as tokens and as what they lead to.
    fn cache(&self) -> (Vec<TokenId>, Vec<u32>) {
        let model = self.agent.model().expect("there is one");
        let bits = model.logits().iter().map(|logit| logit.to_bits()).collect();
        (model.computed().to_vec(), bits)
    }

    fn key(&self) -> Key {
        let model = self.agent.model().expect("there is one");
        Key::new(kinds::PREFIX, model.info().fingerprint)
    }
}

fn model(seed: u64) -> Vec<u8> {
    TestModel { seed, context: 2048, ..TestModel::default() }.build()
}

fn formatted() -> Rc<MemoryDisk> {
    let disk = Rc::new(MemoryDisk::new(512, 8192));
    let options = FormatOptions { store: 1, segment_bytes: None };
    run(Store::format(Rc::<MemoryDisk>::clone(&disk), options)).expect("room for a store");
    disk
}

fn open(disk: &Rc<MemoryDisk>) -> Store<'static> {
    run(Store::open(Rc::<MemoryDisk>::clone(disk))).expect("a store")
}

/// A store in which an earlier start has left its state.
fn store_after_a_start(file: &[u8]) -> Rc<MemoryDisk> {
    let disk = formatted();
    let (store, mut first) = (open(&disk), Started::new(file));
    first.warm_up();
    assert!(matches!(first.save(&store), SavedStart::Saved { .. }));
    disk
}

fn put(store: &Store<'_>, key: Key, payload: Vec<u8>) {
    let mut batch = Batch::new();
    batch.put(key, payload);
    run(store.commit(batch)).expect("there is room");
}

/// What a start with nothing to go back to makes of a question.
fn cold(file: &[u8]) -> (Vec<Recorded>, (Vec<TokenId>, Vec<u32>)) {
    let mut cold = Started::new(file);
    assert_eq!(cold.warm_up(), cold.pinned());
    (cold.enter(QUESTION), cold.cache())
}

/// A start whose state is refused for `reason`: that is told once, all is computed as in a cold
/// start, and what is saved then is good again.
fn assert_refused(
    mut started: Started<'_>,
    store: &Store<'_>,
    file: &[u8],
    reason: WarmStartError,
) {
    assert_eq!(started.restore(store), WarmStart::Refused(reason));
    let message = format!(
        "what was computed before the restart cannot be used and is computed anew: {reason}"
    );
    assert_eq!(started.recorder.take(), [Recorded::Error("model".into(), message)]);
    let pinned = started.pinned();
    assert_eq!(started.warm_up(), pinned);
    assert_eq!(started.recorder.take(), [Recorded::WarmUp(pinned)]);
    assert!(matches!(started.save(store), SavedStart::Saved { .. }));
    assert_eq!((started.enter(QUESTION), started.cache()), cold(file));
    let restored = WarmStart::Restored { tokens: pinned, pinned };
    assert_eq!(Started::new(file).restore(store), restored);
}

#[test]
fn after_a_restart_only_what_is_new_is_computed_and_the_reply_is_the_same() {
    let file = model(1);
    let disk = formatted();
    let store = open(&disk);
    let mut first = Started::new(&file);
    let pinned = first.pinned();
    assert_eq!(first.restore(&store), WarmStart::Nothing);
    assert_eq!(first.save(&store), SavedStart::NotComputed);
    assert_eq!(first.warm_up(), pinned);
    let SavedStart::Saved { tokens, bytes } = first.save(&store) else {
        panic!("it is computed and not in the store yet");
    };
    assert_eq!((tokens, Some(bytes)), (pinned, store.len_bytes(first.key())));
    drop(store);

    let store = open(&disk);
    let mut second = Started::new(&file);
    let restored = WarmStart::Restored { tokens: pinned, pinned };
    assert_eq!(second.restore(&store), restored);
    assert_eq!(second.warm_up(), 0);
    assert_eq!(second.recorder.take(), []);
    assert_eq!(second.save(&store), SavedStart::Unchanged);
    assert_eq!((second.enter(QUESTION), second.cache()), cold(&file));
    let prompt = format!("<user\n{QUESTION}>\n<assistant\n").len();
    assert_eq!(second.agent.stats().total.prefill_tokens as usize, prompt);
    assert_eq!(second.restore(&store), WarmStart::Nothing, "something is computed already");

    let mut unwarmed = Started::new(&file);
    let is_reply = |event: &&Recorded| matches!(event, Recorded::Reply(..));
    let replies = [unwarmed.enter(QUESTION), cold(&file).0]
        .map(|events| events.iter().filter(is_reply).cloned().collect::<Vec<_>>());
    assert_eq!(replies[0].len(), 1);
    assert_eq!(replies[0], replies[1]);
    assert_eq!(unwarmed.cache(), second.cache());
}

#[test]
fn saving_again_writes_only_what_the_store_does_not_have() {
    let file = model(1);
    let disk = store_after_a_start(&file);
    let store = open(&disk);
    let mut started = Started::new(&file);
    started.warm_up();
    assert!(matches!(started.save(&store), SavedStart::Saved { .. }), "it was not restored");
    let written = disk_bytes(&disk);
    for line in [QUESTION, "And a cold one?"] {
        started.enter(line);
        started.warm_up();
        assert_eq!(started.save(&store), SavedStart::Unchanged);
    }
    assert!(written == disk_bytes(&disk), "nothing was written");
    started.enter("/block user Her name is Ada.");
    assert_eq!(started.save(&store), SavedStart::NotComputed);
    started.warm_up();
    assert!(matches!(started.save(&store), SavedStart::Saved { tokens, .. }
        if tokens == started.pinned()));
    assert_eq!(started.save(&store), SavedStart::Unchanged);
}

fn disk_bytes(disk: &MemoryDisk) -> Vec<u8> {
    let mut bytes = alloc::vec![0; disk.info().len_bytes() as usize];
    run(disk.read(0, &mut bytes)).expect("a sound disk");
    bytes
}

#[test]
fn a_changed_prompt_takes_the_common_beginning_and_the_rest_is_computed() {
    let file = model(1);
    let disk = store_after_a_start(&file);
    let store = open(&disk);
    let changed = || {
        let mut started = Started::new(&file);
        started.enter("/block user Her name is Ada.");
        started
    };
    let mut started = changed();
    let common = common_prefix(&Started::new(&file).pinned_tokens(), &started.pinned_tokens());
    let pinned = started.pinned();
    assert!(common > 0 && common < pinned);
    assert_eq!(started.restore(&store), WarmStart::Restored { tokens: common, pinned });
    assert_eq!(started.warm_up(), pinned - common);
    let mut fresh = changed();
    assert_eq!(fresh.warm_up(), pinned);
    assert_eq!(started.enter(QUESTION), fresh.enter(QUESTION));
    assert_eq!(started.cache(), fresh.cache());

    // And it takes the place of the other.
    assert!(matches!(started.save(&store), SavedStart::Saved { tokens, .. } if tokens == pinned));
    assert_eq!(changed().restore(&store), WarmStart::Restored { tokens: pinned, pinned });
    // The way back from a longer text is the same.
    let mut shorter = Started::new(&file);
    let pinned = shorter.pinned();
    assert_eq!(shorter.restore(&store), WarmStart::Restored { tokens: common, pinned });
    assert_eq!(shorter.warm_up(), pinned - common);
    assert_eq!((shorter.enter(QUESTION), shorter.cache()), cold(&file));
}

#[test]
fn a_payload_that_was_changed_is_refused_by_its_own_hash() {
    let file = model(1);
    let disk = store_after_a_start(&file);
    let store = open(&disk);
    let key = Started::new(&file).key();
    let good = run(store.get(key)).expect("sound").expect("it is there");
    for (place, reason) in [
        (3, PrefixError::NotAPrefix),
        (8, PrefixError::UnknownVersion(1 ^ 0x10)),
        (45, PrefixError::Corrupted),
        (good.len() / 2, PrefixError::Corrupted),
        (good.len() - 1, PrefixError::Corrupted),
    ] {
        let mut bytes = good.clone();
        bytes[place] ^= 0x10;
        put(&store, key, bytes);
        assert_refused(Started::new(&file), &store, &file, reason.into());
    }
    let mut short = good.clone();
    short.pop();
    put(&store, key, short);
    let (expected, found) = (Some(good.len()), good.len() - 1);
    let reason = PrefixError::WrongLength { expected, found };
    assert_refused(Started::new(&file), &store, &file, reason.into());
}

#[test]
fn a_byte_that_flips_on_the_disk_is_noticed_by_the_store() {
    let file = model(1);
    let disk = store_after_a_start(&file);
    let store = open(&disk);
    let key = Started::new(&file).key();
    let state = run(store.get(key)).expect("sound").expect("it is there");
    // As at the end of a session: what is damaged later was acknowledged.
    run(store.close()).expect("a sound disk");
    drop(store);
    let mut bytes = Rc::into_inner(disk).expect("the store is closed").into_bytes();
    let middle = &state[state.len() / 2..][..64];
    let place = bytes.windows(64).position(|window| window == middle).expect("it is on the disk");
    bytes[place] ^= 0x10;
    let disk = Rc::new(MemoryDisk::from_bytes(512, bytes));
    let store = open(&disk);
    let error = run(store.get(key)).expect_err("its checksum is wrong");
    assert!(matches!(error, StoreError::Damaged(_)), "{error}");
    assert_refused(Started::new(&file), &store, &file, error.into());
}

#[test]
fn the_state_of_another_model_or_another_arithmetic_is_refused() {
    let (file, other_file) = (model(1), model(2));
    let disk = store_after_a_start(&file);
    let store = open(&disk);
    let (key, other_key) = (Started::new(&file).key(), Started::new(&other_file).key());
    assert_eq!(Started::new(&other_file).restore(&store), WarmStart::Nothing);
    let state = run(store.get(key)).expect("sound").expect("it is there");
    put(&store, other_key, state);
    let reason = PrefixError::OtherModel { fingerprint: key.id };
    assert_refused(Started::new(&other_file), &store, &other_file, reason.into());

    // What a model with other instructions has left is refused by this one.
    let here = CpuFeatures::detect().dialect();
    let elsewhere = CpuFeatures::names()
        .filter_map(|name| CpuFeatures::by_name(name).ok())
        .find(|cpu| cpu.dialect() != here)
        .expect("a CPU with AVX2");
    let mut first = Started::on(elsewhere, &file);
    first.warm_up();
    assert!(matches!(first.save(&store), SavedStart::Saved { .. }));
    assert_refused(Started::new(&file), &store, &file, PrefixError::OtherDialect.into());
}

#[test]
fn a_state_that_no_record_holds_is_not_kept() {
    let file = model(1);
    let disk = formatted();
    let store = open(&disk);
    let mut started = Started::new(&file);
    started.warm_up();
    let Ok(SavedStart::TooLarge { bytes }) = run(started.agent.save_start(&store, 1000)) else {
        panic!("it has more than 1000 bytes");
    };
    assert!(bytes > 1000);
    assert_eq!(store.len_bytes(started.key()), None);
    assert_eq!(started.save(&store), SavedStart::Unchanged, "it was told once");
    let mut started = Started::new(&file);
    started.warm_up();
    let saved = SavedStart::Saved { tokens: started.pinned(), bytes };
    assert_eq!(run(started.agent.save_start(&store, bytes)), Ok(saved));
}

#[test]
fn a_store_that_takes_nothing_is_told_of_once() {
    let file = model(1);
    let disk = formatted();
    let store = run(Store::open_read_only(disk)).expect("a store");
    let mut started = Started::new(&file);
    started.warm_up();
    let refused = run(started.agent.save_warm_start(&store));
    assert_eq!(refused, Err(WarmStartError::Store(StoreError::ReadOnly)));
    assert_eq!(started.save(&store), SavedStart::Unchanged);
}

#[test]
fn models_without_a_state_and_agents_without_a_model_start_cold() {
    let disk = formatted();
    let store = open(&disk);
    let mut bench = Bench::without_model();
    assert_eq!(run(bench.agent.restore_warm_start(&store, &bench.recorder)), WarmStart::Nothing);
    assert_eq!(run(bench.agent.save_warm_start(&store)), Ok(SavedStart::NotComputed));

    let mut bench = Bench::new(["Hello."]);
    assert_eq!(run(bench.agent.restore_warm_start(&store, &bench.recorder)), WarmStart::Nothing);
    bench.enter("Hi!");
    let unsupported = Err(WarmStartError::State(PrefixError::Unsupported));
    assert_eq!(run(bench.agent.save_warm_start(&store)), unsupported);
    assert_eq!(run(bench.agent.save_warm_start(&store)), Ok(SavedStart::Unchanged));
    assert_eq!(store.usage().records, 0);
}

#[test]
fn each_model_keeps_a_state_of_its_own_and_finds_it_when_it_comes_back() {
    let (one, other) = (model(1), model(2));
    let (disk, load) = (formatted(), |file| {
        Engine::load(file, Options::new(CpuFeatures::detect()), &SerialPool).expect("sound model")
    });
    let (store, mut started) = (open(&disk), Started::new(&one));
    started.warm_up();
    assert!(matches!(started.save(&store), SavedStart::Saved { .. }));
    started.agent.replace_model(Some(load(&other)), &started.recorder).expect("it fits");
    assert_eq!(started.restore(&store), WarmStart::Nothing);
    started.warm_up();
    assert!(matches!(started.save(&store), SavedStart::Saved { .. }), "the tokens are the same");
    started.agent.replace_model(Some(load(&one)), &started.recorder).expect("it fits");
    let pinned = started.pinned();
    assert_eq!(started.restore(&store), WarmStart::Restored { tokens: pinned, pinned });
}
