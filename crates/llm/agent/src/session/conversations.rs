//! Bringing conversations back: that at hand, other branches, and those that `/save` keeps.

use super::{
    found::Found,
    keys,
    numbers::{Conversation, Numbers},
};
use crate::Agent;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    format,
    string::String,
    sync::Arc,
    vec::Vec,
};
use llm_context::{KeptTurn, Paging, TurnId};
use llm_inference::model::LanguageModel;
use llm_memory::kinds::TURN;
use llm_record::{Node, RecordError};

/// What becomes of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It goes on.
    Here,
    /// It is another branch.
    Branch,
    /// `/save` keeps it.
    Saved,
}

/// A conversation as the list has it.
struct Listed {
    number: u32,
    name: String,
    place: Place,
    newest_turn: TurnId,
}

/// What was found of a conversation.
#[derive(Default)]
struct Kept {
    /// In their order.
    turns: Vec<KeptTurn>,
    /// The highest number of a turn, of those that cannot be read too.
    newest_turn: TurnId,
    has_faults: bool,
}

/// Brings all conversations back. Gives what had to leave the window of the one at hand.
pub fn resume<M: LanguageModel>(
    agent: &mut Agent<'_, M>,
    found: &mut Found,
    numbers: &mut Numbers,
) -> Paging {
    let list = found.take(keys::CONVERSATIONS, list).unwrap_or_default();
    let mut kept = turns(found);
    let mut paging = Paging::default();
    if !list.is_empty() {
        agent.branches.clear();
        agent.saved.clear();
    }
    for listed in list {
        let kept = kept.remove(&listed.number).unwrap_or_default();
        let moved = resume_one(agent, found, numbers, listed, kept);
        paging.paged_out.extend(moved.paged_out);
        paging.forgotten.extend(moved.forgotten);
    }
    // The list was lost, or turns that could not be read have become readable.
    for (number, kept) in kept {
        let mut name = format!("found-{number}");
        while name == agent.branch || agent.branches.contains_key(&name) {
            name.push('\'');
        }
        if kept.turns.is_empty() {
            numbers.reserve(number);
            continue;
        }
        let newest_turn = kept.newest_turn;
        let listed = Listed { number, name: name.clone(), place: Place::Branch, newest_turn };
        resume_one(agent, found, numbers, listed, kept);
        // One whose turns cannot be rendered would be found at each start.
        agent.branches.retain(|branch, window| *branch != name || window.turns().count() > 0);
    }
    paging
}

/// The turns of all conversations, by number.
fn turns(found: &mut Found) -> BTreeMap<u32, Kept> {
    let mut all: BTreeMap<u32, Kept> = BTreeMap::new();
    for key in found.keys(TURN) {
        let Some((number, id)) = keys::turn_of(key) else {
            continue;
        };
        let turn = found.take(key, |node| {
            let node = node.get("turn")?;
            let turn = KeptTurn::from_json(&node)?;
            match turn.turn.id == id && id <= keys::MAX_TURN && number > 0 {
                true => Ok(turn),
                false => Err(node.get("turn")?.expected("the record's turn")),
            }
        });
        let kept = all.entry(number).or_default();
        kept.newest_turn = kept.newest_turn.max(id.min(keys::MAX_TURN));
        kept.has_faults |= turn.is_none();
        kept.turns.extend(turn);
    }
    all
}

/// Brings one conversation back.
fn resume_one<M: LanguageModel>(
    agent: &mut Agent<'_, M>,
    found: &mut Found,
    numbers: &mut Numbers,
    listed: Listed,
    kept: Kept,
) -> Paging {
    let Listed { number, name, place, newest_turn } = listed;
    let conversation = Conversation { is_saved: place == Place::Saved, name: name.clone() };
    match kept.has_faults {
        true => numbers.reserve(number),
        false => numbers.set(conversation.clone(), number),
    }
    if place == Place::Saved {
        let turns = kept.turns.into_iter().map(|kept| Arc::new(kept.turn));
        agent.saved.insert(name, turns.collect());
        return Paging::default();
    }
    let Some(model) = &agent.model else {
        return Paging::default();
    };
    let ids: Vec<TurnId> = kept.turns.iter().map(|kept| kept.turn.id).collect();
    let mut window = agent.window.clone();
    window.clear();
    let newest_turn = newest_turn.max(kept.newest_turn);
    let paging = window.resume(model, kept.turns, newest_turn).unwrap_or_else(|error| {
        let mut ids = ids.into_iter().map(|id| keys::turn(number, id));
        if let Some(first) = ids.next() {
            found.refuse(first, &error);
        }
        ids.for_each(|key| found.leave(key));
        numbers.forget(&conversation);
        numbers.reserve(number);
        Paging::default()
    });
    if place == Place::Here {
        agent.window = window;
        agent.branch = name;
        return paging;
    }
    agent.branches.insert(name, window);
    Paging::default()
}

/// The conversations of the list: one that goes on, no number twice, no name twice.
fn list(node: &Node<'_>) -> Result<Vec<Listed>, RecordError> {
    let list = node.get("conversations")?;
    let mut listed: Vec<Listed> = Vec::new();
    let (mut seen, mut names) = (BTreeSet::new(), BTreeSet::new());
    for item in list.items()? {
        let number = item.get("number")?;
        let place = item.get("place")?;
        let newest = item.get("newest_turn")?;
        let name = item.get("name")?;
        let conversation = Listed {
            number: number.number()?,
            name: name.text()?.into(),
            place: match place.text()? {
                "here" => Place::Here,
                "branch" => Place::Branch,
                "saved" => Place::Saved,
                _ => return Err(place.expected("here, branch or saved")),
            },
            newest_turn: TurnId(newest.number()?),
        };
        if !(1..=keys::MAX_CONVERSATION).contains(&conversation.number)
            || !seen.insert(conversation.number)
        {
            return Err(number.expected("a number of its own"));
        }
        if !names.insert((conversation.place == Place::Saved, conversation.name.clone())) {
            return Err(name.expected("a name of its own"));
        }
        if conversation.newest_turn > keys::MAX_TURN {
            return Err(newest.expected("a number of a turn"));
        }
        listed.push(conversation);
    }
    match listed.iter().filter(|it| it.place == Place::Here).count() {
        1 => Ok(listed),
        _ => Err(list.expected("a list with one conversation at hand")),
    }
}
