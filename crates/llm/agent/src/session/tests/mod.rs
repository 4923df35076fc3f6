//! Sessions on a disk: written by one agent, brought back by another.

mod damage;
mod power_cuts;
mod random;
mod round_trip;

use crate::{
    Agent, Resumed, SessionError,
    testing::{FakeHost, Recorded, Script, ScriptedModel},
    tests::Bench,
};
use alloc::{
    collections::BTreeMap,
    rc::Rc,
    string::{String, ToString},
    vec::Vec,
};
use llm_memory::kinds::{AUDIT, SESSION};
use llm_tools::Registry;
use serde_json::Value;
use system_platform::{BlockDevice, MemoryDisk, pace};
use system_storage::{Batch, FormatOptions, Key, Store};

/// All records of a session, as they are.
type Records = BTreeMap<Key, String>;

fn format(device: Rc<dyn BlockDevice + '_>) {
    let options = FormatOptions { store: 0x5eed, segment_bytes: None };
    pace::run(Store::format(device, options)).unwrap();
}

fn open<'d>(device: &Rc<impl BlockDevice + 'd>) -> Store<'d> {
    pace::run(Store::open(Rc::<_>::clone(device) as Rc<dyn BlockDevice + 'd>)).unwrap()
}

/// A store on a disk in memory.
fn store() -> Store<'static> {
    let disk = Rc::new(MemoryDisk::new(4096, 4096));
    format(Rc::<_>::clone(&disk) as Rc<dyn BlockDevice>);
    open(&disk)
}

fn records(store: &Store<'_>) -> Records {
    let mut records = Records::new();
    let take = |key, payload: Result<&[u8], _>| {
        records.insert(key, String::from_utf8(payload.unwrap().to_vec()).unwrap());
    };
    pace::run(store.visit(SESSION..=AUDIT, take)).unwrap();
    records
}

fn put(store: &Store<'_>, key: Key, payload: &str) {
    let mut batch = Batch::new();
    batch.put(key, payload.as_bytes().to_vec());
    pace::run(store.commit(batch)).unwrap();
}

/// An agent in a window of `limit` tokens whose model gives these replies.
fn bench<'a>(limit: usize, replies: impl IntoIterator<Item = &'a str>) -> Bench {
    Bench::with_limit(limit, replies.into_iter().map(Script::from))
}

/// The same, on a machine where `passed_s` have passed.
fn later(passed_s: i64) -> Bench {
    let host = FakeHost::default();
    host.passed_s.set(passed_s);
    let model = ScriptedModel::new(4096, []);
    Bench::with_host(Some(model), host, Registry::built_in())
}

fn resume(bench: &mut Bench, store: &Store<'_>) -> Resumed {
    pace::run(bench.agent.resume_session(store, &bench.recorder)).unwrap()
}

fn save(bench: &mut Bench, store: &Store<'_>) {
    pace::run(bench.agent.save_session(store)).unwrap();
}

/// Messages of the errors that were reported.
fn errors(bench: &Bench) -> Vec<String> {
    let events = bench.recorder.take().into_iter();
    let message = |event| match event {
        Recorded::Error(_, message) => Some(message),
        _ => None,
    };
    events.filter_map(message).collect()
}

/// The lasting state of an agent, as text: what commands show of it.
fn state(bench: &mut Bench) -> String {
    let shown =
        ["/set", "/block", "/grants", "/audit verify", "/audit 100", "/branches", "/export json"];
    let mut texts: Vec<String> = shown.map(|line| bench.run(line).1).into();
    let agent = &mut bench.agent;
    // The lines above are remembered too.
    agent.history.truncate(agent.history.len() - shown.len());
    texts.extend(agent.history().map(ToString::to_string));
    texts.push(alloc::format!(
        "{:?} {:?} {:?} {:?} {:?} {}",
        agent.saved,
        agent.schedule,
        agent.outside_state,
        agent.window.archive().shared().collect::<Vec<_>>(),
        agent.window.newest_turn(),
        agent.system_prompt,
    ));
    texts.join("\n")
}

/// A talk that leaves something of every sort.
fn talk() -> Bench {
    let calc = crate::tests::call("calc", r#"{"expr": "6*7"}"#);
    let mut bench = bench(2048, ["One.", &calc, "It is 42.", "Three.", "Four.", "Five.", "Six."]);
    for line in [
        "1?",
        "What is 6*7?",
        "/save trip",
        "/branch other",
        "3?",
        "/branch main",
        "/set temperature 0.5",
        "/set eviction lru",
        "/set keymap de",
        "/block user Her name is Ann.",
        "/deny code",
        "/tool schedule {\"when\": \"in 10 minutes\", \"text\": \"tea\"}",
        "/tool schedule {\"when\": \"every weekday at 8\", \"text\": \"stand up\"}",
    ] {
        bench.enter(line);
    }
    let usage = bench.agent.usage();
    let long = "y".repeat((usage.high_mark - usage.pinned) / 3);
    for _ in 0..3 {
        bench.enter(&long);
    }
    assert!(!bench.agent.window.archive().is_empty(), "something was paged out");
    bench.recorder.take();
    bench
}

/// A value in the records of a store, changed.
fn change(store: &Store<'_>, key: Key, pointer: &str, value: Value) {
    let mut json: Value = serde_json::from_str(&records(store)[&key]).unwrap();
    *json.pointer_mut(pointer).unwrap() = value;
    put(store, key, &json.to_string());
}

#[test]
fn what_was_not_resumed_is_not_saved() {
    let store = store();
    let mut bench = bench(4096, []);
    let error = pace::run(bench.agent.save_session(&store)).unwrap_err();
    assert_eq!(error, SessionError::NotResumed);
    assert_eq!(records(&store), Records::new());
    let text = "Saved 0 turns as default, until the machine is switched off: there is no disk.";
    assert_eq!(bench.succeed("/save"), text);
    assert_eq!(resume(&mut bench, &store), Resumed::default());
    assert_eq!(bench.succeed("/save"), "Saved 0 turns as default.");
}

/// Takes an agent as it is: for states that were made before it had a store.
fn adopt(agent: &mut Agent<'static, ScriptedModel>) {
    agent.session = Some(super::SessionKeeper { has_conversations: true, ..Default::default() });
}
