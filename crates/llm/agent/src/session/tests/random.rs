//! Whatever stands in the records: an agent comes back, and goes on.

use super::{Records, adopt, bench, errors, put, records, resume, save, state, store, talk};
use alloc::{
    collections::BTreeSet,
    string::{String, ToString},
    vec::Vec,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use system_storage::Key;

/// What takes the place of a value.
fn replacement() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(1), Just(2), Just(u64::MAX), Just(u64::MAX / 2), any::<u64>()]
            .prop_map(Value::from),
        prop_oneof![Just(i64::MIN), Just(-1), any::<i64>()].prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        prop_oneof![Just("here"), Just("main"), Just("user"), Just("* * * * *"), Just("deny")]
            .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([1, 1])),
    ]
}

/// The places in a value, as pointers.
fn places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.into());
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                self::places(item, &alloc::format!("{at}/{index}"), places);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                self::places(field, &alloc::format!("{at}/{name}"), places);
            }
        }
        _ => {}
    }
}

/// The records with some values replaced, moved from one record to another, or cut off.
fn mutated(records: &Records, changes: &[(usize, usize, Change)]) -> Records {
    let mut records = records.clone();
    for (record, place, change) in changes {
        let (&key, text) = records.iter().nth(record % records.len()).unwrap();
        let mut text = text.clone();
        match change {
            Change::Replace(new) => {
                let Ok(mut json) = serde_json::from_str::<Value>(&text) else { continue };
                let mut all = Vec::new();
                places(&json, "", &mut all);
                *json.pointer_mut(&all[place % all.len()]).unwrap() = new.clone();
                text = json.to_string();
            }
            Change::Cut => text.truncate(text.floor_char_boundary(place % (text.len() + 1))),
            Change::Move(id) => {
                records.insert(Key::new(key.kind, *id), text);
                continue;
            }
        }
        records.insert(key, text);
    }
    records
}

/// The key in the message that a record is left alone.
fn key_in(message: &str) -> Option<Key> {
    let (kind, rest) = message.strip_prefix("record ")?.split_once('/')?;
    let id = rest.split(' ').next()?;
    Some(Key::new(kind.parse().ok()?, id.parse().ok()?))
}

#[derive(Clone, Debug)]
enum Change {
    Replace(Value),
    Cut,
    /// The record stands under another id, too.
    Move(u64),
}

fn change() -> impl Strategy<Value = Change> {
    let id =
        prop_oneof![0..8_u64, Just(u64::MAX), (0..4_u64).prop_map(|it| it << 40 | 3), any::<u64>()];
    prop_oneof![
        8 => replacement().prop_map(Change::Replace),
        1 => Just(Change::Cut),
        2 => id.prop_map(Change::Move),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_records_bring_an_agent_back_that_goes_on(
        changes in prop::collection::vec((any::<usize>(), any::<usize>(), change()), 1..6),
    ) {
        let store = store();
        let mut first = talk();
        adopt(&mut first.agent);
        save(&mut first, &store);
        for (key, payload) in mutated(&records(&store), &changes) {
            put(&store, key, &payload);
        }
        let mut again = bench(2048, ["Seven.", "Eight."]);
        let left_alone = resume(&mut again, &store).left_alone;
        let spoilt: BTreeSet<Key> = errors(&again).iter().filter_map(|it| key_in(it)).collect();
        prop_assert!(spoilt.len() <= left_alone && (left_alone == 0) == spoilt.is_empty());
        again.say("7?");
        again.enter("/tool schedule {}");
        again.enter("/tool calc 1+1");
        again.enter("/undo");
        again.say("8?");
        state(&mut again);
        save(&mut again, &store);
        let after = records(&store);
        prop_assert!(spoilt.iter().all(|key| after.contains_key(key)));
        // What was written then is read again.
        let before = state(&mut again);
        save(&mut again, &store);
        let mut third = bench(2048, []);
        resume(&mut third, &store);
        prop_assert_eq!(third.agent.window.turns().map(|turn| turn.to_turn()).collect::<Vec<_>>(),
            again.agent.window.turns().map(|turn| turn.to_turn()).collect::<Vec<_>>(), "{}", before);
        prop_assert_eq!(&third.agent.schedule.to_json(), &again.agent.schedule.to_json());
    }
}
