//! The console: the view, the line being typed, scrolling, and what the keys do.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use system_platform::{Key, KeyEvent};

use crate::editor::{Editor, MAX_INPUT_BYTES};
use crate::history::History;
use crate::view::{Notice, NoticeLevel, Revisions, View};

/// What the person wants, beyond editing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsoleAction {
    /// A command or a message to the model, without the triple quotes around a block. It comes
    /// also while a reply is being made; the caller queues it.
    Submit(String),
    /// The reply being made shall end.
    Stop,
    /// Everything shall be drawn again.
    Redraw,
}

/// How far the transcript was scrolled. Each renderer turns this into rows of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// Raised when the newest rows shall be shown again; the counts below begin at 0 then.
    pub follows: u32,
    /// Pages up (negative: down) since then.
    pub pages_up: i64,
    /// Single rows up since then.
    pub rows_up: i64,
}

/// Two equal stamps of a console mean that nothing to be seen changed between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub(crate) revisions: Revisions,
    pub(crate) scroll: Scroll,
    pub(crate) redraws: u32,
    pub(crate) input: InputStamp,
}

/// The part of a [`Stamp`] that the input line shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InputStamp {
    editor: u32,
    searched: Option<usize>,
    is_full: bool,
}

/// A search through the history.
#[derive(Debug)]
struct Search {
    query: String,
    /// Matches passed over with further Ctrl-R.
    skip: usize,
    /// What was being typed before.
    draft: String,
}

/// A key that works now, and what it does.
pub type Hint = (&'static str, &'static str);

/// The state behind the screen; every renderer draws from it.
#[derive(Debug, Default)]
pub struct Console {
    /// What is shown.
    pub view: View,
    editor: Editor,
    history: History,
    search: Option<Search>,
    scroll: Scroll,
    /// Slash commands, for completion.
    commands: Vec<String>,
    /// How often everything had to be drawn again.
    redraws: u32,
}

impl Console {
    /// A console that completes the given slash commands (`/help` and so on).
    pub fn new<'a>(commands: impl IntoIterator<Item = &'a str>) -> Self {
        let mut commands: Vec<String> = commands.into_iter().map(ToString::to_string).collect();
        commands.sort_unstable();
        Self { commands, ..Self::default() }
    }

    /// The line being typed.
    pub fn editor(&self) -> &Editor {
        &self.editor
    }

    /// How far the transcript was scrolled.
    pub fn scroll(&self) -> Scroll {
        self.scroll
    }

    /// How often a full redraw was asked for.
    pub fn redraws(&self) -> u32 {
        self.redraws
    }

    /// The lines typed so far, oldest first.
    pub fn history(&self) -> impl Iterator<Item = &str> {
        self.history.lines()
    }

    /// What there is to be seen, in short: renderers compare it, and so may whoever decides
    /// whether to render at all.
    pub fn stamp(&self) -> Stamp {
        Stamp {
            revisions: self.view.revisions(),
            scroll: self.scroll,
            redraws: self.redraws,
            input: InputStamp {
                editor: self.editor.revision(),
                searched: self.search_query().map(str::len),
                is_full: self.editor.is_full(),
            },
        }
    }

    /// The text searched for with Ctrl-R, while searching.
    pub fn search_query(&self) -> Option<&str> {
        self.search.as_ref().map(|search| search.query.as_str())
    }

    /// Asks all renderers to draw everything again.
    pub fn redraw(&mut self) {
        self.redraws += 1;
    }

    /// Shows the newest rows of the transcript.
    pub fn follow(&mut self) {
        self.scroll = Scroll { follows: self.scroll.follows + 1, ..Scroll::default() };
    }

    /// The notice to show: that the line is full comes before everything else.
    pub fn notice(&self) -> Option<Notice> {
        if self.editor.is_full() {
            let text = alloc::format!("the line is full: {MAX_INPUT_BYTES} bytes");
            return Some(Notice { level: NoticeLevel::Warning, text });
        }
        self.view.notice().cloned()
    }

    /// The slash commands that begin with what is typed, while one is being typed.
    pub fn matching_commands(&self) -> impl Iterator<Item = &str> {
        let typed = self.editor.text();
        let is_typing = typed.starts_with('/') && !typed.contains([' ', '\n']);
        let matches = move |command: &&String| is_typing && command.starts_with(typed);
        self.commands.iter().filter(matches).map(String::as_str)
    }

    /// The keys that work now, the most important first.
    pub fn hints(&self) -> Vec<Hint> {
        if self.search.is_some() {
            return [("Enter", "take"), ("Ctrl-R", "older"), ("Esc", "cancel")].into();
        }
        let mut hints: Vec<Hint> = Vec::new();
        if self.view.is_busy() {
            hints.push(("Esc", "stop"));
        }
        if self.editor.is_in_quotes() {
            hints.extend([("Enter", "new line"), ("\"\"\"", "ends the block")]);
            return hints;
        }
        if self.matching_commands().next().is_some() {
            hints.push(("Tab", "complete"));
        }
        if self.editor.text().is_empty() {
            hints.extend([("F1", "help"), ("/", "command")]);
        } else {
            hints.extend([("Enter", "send"), ("Alt-Enter", "new line")]);
        }
        hints.extend([("PgUp/PgDn", "scroll"), ("Ctrl-R", "history"), ("Ctrl-L", "redraw")]);
        hints
    }

    /// Takes a key press.
    pub fn handle_key(&mut self, event: KeyEvent) -> Option<ConsoleAction> {
        if self.search.is_some() {
            return self.search_key(event);
        }
        let modifiers = event.modifiers;
        if let Key::Char(letter) = event.key
            && modifiers.ctrl
        {
            return self.control_key(letter);
        }
        if modifiers.alt && self.alt_key(event.key) {
            return None;
        }
        match event.key {
            Key::Char(character) => self.type_character(character),
            Key::Enter if modifiers.alt || modifiers.shift => self.type_character('\n'),
            Key::Enter => return self.enter(),
            Key::Backspace if modifiers.ctrl => self.editor.kill_word_before(),
            Key::Backspace => self.editor.backspace(),
            Key::Delete => self.editor.delete(),
            Key::Tab => self.complete(),
            Key::Escape => return self.escape(),
            Key::Left if modifiers.ctrl => self.editor.word_left(),
            Key::Left => self.editor.left(),
            Key::Right if modifiers.ctrl => self.editor.word_right(),
            Key::Right => self.editor.right(),
            Key::Up if modifiers.ctrl || modifiers.shift => self.scroll.rows_up += 1,
            Key::Down if modifiers.ctrl || modifiers.shift => self.scroll.rows_up -= 1,
            Key::Up => self.up(),
            Key::Down => self.down(),
            Key::Home => self.editor.home(),
            Key::End if modifiers.ctrl => self.follow(),
            Key::End => self.editor.end(),
            Key::PageUp => self.scroll.pages_up += 1,
            Key::PageDown => self.scroll.pages_up -= 1,
            Key::F(1) => return Some(ConsoleAction::Submit("/help".to_string())),
            Key::F(_) | Key::Insert => {}
        }
        None
    }

    /// Puts a character into the line.
    fn type_character(&mut self, character: char) {
        if character == '\n' || !character.is_control() {
            self.history.stay();
            self.editor.insert(character.encode_utf8(&mut [0; 4]));
        }
    }

    /// A letter with Ctrl, as in readline.
    fn control_key(&mut self, letter: char) -> Option<ConsoleAction> {
        match letter.to_ascii_lowercase() {
            'a' => self.editor.home(),
            'b' => self.editor.left(),
            'c' => return self.interrupt(),
            'd' => self.editor.delete(),
            'e' => self.editor.end(),
            'f' => self.editor.right(),
            'h' => self.editor.backspace(),
            'j' | 'm' => return self.enter(),
            'k' => self.editor.kill_to_end(),
            'l' => {
                self.redraw();
                return Some(ConsoleAction::Redraw);
            }
            'n' => self.down(),
            'p' => self.up(),
            'r' => {
                let draft = self.editor.text().to_string();
                self.search = Some(Search { query: String::new(), skip: 0, draft });
            }
            'u' => self.editor.kill_to_start(),
            'w' => self.editor.kill_word_before(),
            'y' => self.editor.yank(),
            _ => {}
        }
        None
    }

    /// A key with Alt, as in readline; says whether it means something.
    fn alt_key(&mut self, key: Key) -> bool {
        match key {
            Key::Char('b' | 'B') | Key::Left => self.editor.word_left(),
            Key::Char('f' | 'F') | Key::Right => self.editor.word_right(),
            Key::Char('d' | 'D') => self.editor.kill_word_after(),
            Key::Backspace => self.editor.kill_word_before(),
            _ => return false,
        }
        true
    }

    /// Enter: a new line within a block of quotes, else what was typed is sent.
    fn enter(&mut self) -> Option<ConsoleAction> {
        if self.editor.is_in_quotes() {
            self.editor.insert("\n");
            return None;
        }
        if self.editor.text().trim().is_empty() {
            return None;
        }
        let typed = self.editor.take();
        self.history.push(&typed);
        self.follow();
        let text = typed.trim();
        let block = text.strip_prefix("\"\"\"").and_then(|rest| {
            let (inside, behind) = rest.split_once("\"\"\"")?;
            Some(alloc::format!("{}{}", inside.trim_matches('\n'), behind))
        });
        Some(ConsoleAction::Submit(block.unwrap_or_else(|| text.to_string())))
    }

    /// Escape: stops the reply; without one, returns to the newest rows.
    fn escape(&mut self) -> Option<ConsoleAction> {
        if self.view.is_busy() {
            return Some(ConsoleAction::Stop);
        }
        self.follow();
        None
    }

    /// Ctrl-C: stops the reply; without one, gives the line up (it stays in the history).
    fn interrupt(&mut self) -> Option<ConsoleAction> {
        if self.view.is_busy() {
            return Some(ConsoleAction::Stop);
        }
        let typed = self.editor.take();
        self.history.push(&typed);
        None
    }

    /// The line above, or the history's older line.
    fn up(&mut self) {
        if !self.editor.up()
            && let Some(line) = self.history.older(self.editor.text())
        {
            self.editor.set_text(line);
        }
    }

    /// The line below, or the history's newer line.
    fn down(&mut self) {
        if !self.editor.down()
            && let Some(line) = self.history.newer()
        {
            self.editor.set_text(line);
        }
    }

    /// Tab: completes a slash command as far as it is unambiguous.
    fn complete(&mut self) {
        let mut matches = self.matching_commands();
        let Some(first) = matches.next().map(ToString::to_string) else { return };
        let mut common = first.len();
        let mut is_only = true;
        for other in matches {
            is_only = false;
            let same = first.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
            common = common.min(same);
        }
        let mut completed = first[..common].to_string();
        if is_only {
            completed.push(' ');
        }
        self.editor.set_text(&completed);
    }

    /// A key while searching the history.
    fn search_key(&mut self, event: KeyEvent) -> Option<ConsoleAction> {
        let mut search = self.search.take()?;
        match event.key {
            Key::Char('r') if event.modifiers.ctrl => {
                if self.history.search(&search.query, search.skip + 1).is_some() {
                    search.skip += 1;
                }
            }
            Key::Escape => return self.cancel_search(search),
            Key::Char('c' | 'g') if event.modifiers.ctrl => return self.cancel_search(search),
            Key::Char(character) if !event.modifiers.ctrl && !character.is_control() => {
                search.query.push(character);
                search.skip = 0;
            }
            Key::Backspace => {
                search.query.pop();
                search.skip = 0;
            }
            // The found line stays, to be edited or sent; other keys do their own work on it.
            Key::Enter | Key::Tab => return None,
            _ => return self.handle_key(event),
        }
        match self.history.search(&search.query, search.skip) {
            Some(found) if !search.query.is_empty() => self.editor.set_text(found),
            _ if search.query.is_empty() => self.editor.set_text(&search.draft),
            // Nothing found: the last match stays in sight.
            _ => {}
        }
        self.search = Some(search);
        None
    }

    /// Gives a search up.
    fn cancel_search(&mut self, search: Search) -> Option<ConsoleAction> {
        self.editor.set_text(&search.draft);
        None
    }
}

/// What stands at the right end of the line being typed: keyboard layout, and how long it is.
pub(crate) fn input_facts(console: &Console) -> String {
    if let Some(query) = console.search_query() {
        return alloc::format!("search: {query}");
    }
    let length = match console.view.input_tokens() {
        Some(tokens) => alloc::format!("{tokens} tok"),
        None => alloc::format!("{} chars", console.editor().text().chars().count()),
    };
    match (console.view.keymap(), console.editor().text().is_empty()) {
        (keymap, true) => keymap.into(),
        ("", false) => length,
        (keymap, false) => alloc::format!("{keymap} · {length}"),
    }
}

/// What the empty line says.
pub(crate) fn placeholder(console: &Console) -> &str {
    if let Some(choices) = console.view.question() {
        choices
    } else if console.view.is_busy() {
        "Esc stops the reply"
    } else if console.view.header().model.is_empty() {
        "Type / for a command"
    } else {
        "Ask something, or / for a command"
    }
}

/// What the agent is doing, in a word; `None` while it does nothing.
pub(crate) fn activity(console: &Console) -> Option<&'static str> {
    match (console.view.question(), console.view.is_busy()) {
        (Some(_), _) => Some("your answer"),
        (None, true) => Some("writing"),
        (None, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console() -> Console {
        Console::new(["/help", "/hexdump", "/history", "/tool"])
    }

    fn type_text(console: &mut Console, text: &str) {
        for character in text.chars() {
            assert_eq!(console.handle_key(KeyEvent::plain(Key::Char(character))), None);
        }
    }

    fn press(console: &mut Console, key: Key) -> Option<ConsoleAction> {
        console.handle_key(KeyEvent::plain(key))
    }

    fn control(console: &mut Console, letter: char) -> Option<ConsoleAction> {
        console.handle_key(KeyEvent::ctrl(Key::Char(letter)))
    }

    #[test]
    fn enter_sends_and_empties_the_line() {
        let mut console = console();
        type_text(&mut console, "  hello ");
        assert_eq!(press(&mut console, Key::Enter), Some(ConsoleAction::Submit("hello".into())));
        assert_eq!(press(&mut console, Key::Enter), None, "an empty line is not sent");
    }

    #[test]
    fn a_block_in_triple_quotes_holds_lines() {
        let mut console = console();
        type_text(&mut console, "\"\"\"one");
        assert_eq!(press(&mut console, Key::Enter), None);
        type_text(&mut console, "two\"\"\"");
        let sent = press(&mut console, Key::Enter);
        assert_eq!(sent, Some(ConsoleAction::Submit("one\ntwo".into())));
    }

    #[test]
    fn an_open_question_says_what_may_be_answered_in_place_of_what_stops_the_reply() {
        let mut console = console();
        assert_eq!(activity(&console), None);
        console.view.set_busy(true);
        assert_eq!(
            (activity(&console), placeholder(&console)),
            (Some("writing"), "Esc stops the reply")
        );
        let before = console.view.revisions();
        console.view.set_question(Some("y or n".into()));
        assert_ne!(console.view.revisions(), before, "it is drawn");
        assert_eq!((activity(&console), placeholder(&console)), (Some("your answer"), "y or n"));
        console.view.set_question(None);
        assert_eq!(activity(&console), Some("writing"));
    }

    #[test]
    fn escape_and_ctrl_c_stop_a_reply_and_only_then() {
        let mut console = console();
        type_text(&mut console, "draft");
        assert_eq!(press(&mut console, Key::Escape), None);
        console.view.set_busy(true);
        assert_eq!(press(&mut console, Key::Escape), Some(ConsoleAction::Stop));
        assert_eq!(control(&mut console, 'c'), Some(ConsoleAction::Stop));
        assert_eq!(console.editor().text(), "draft");
        console.view.set_busy(false);
        assert_eq!(control(&mut console, 'c'), None);
        assert_eq!(console.editor().text(), "");
    }

    #[test]
    fn tab_completes_as_far_as_it_is_clear() {
        let mut console = console();
        type_text(&mut console, "/h");
        assert_eq!(console.matching_commands().count(), 3);
        press(&mut console, Key::Tab);
        assert_eq!(console.editor().text(), "/h");
        type_text(&mut console, "i");
        press(&mut console, Key::Tab);
        assert_eq!(console.editor().text(), "/history ");
    }

    #[test]
    fn the_history_is_walked_and_searched() {
        let mut console = console();
        for line in ["calc 1", "time", "calc 2"] {
            type_text(&mut console, line);
            press(&mut console, Key::Enter);
        }
        press(&mut console, Key::Up);
        press(&mut console, Key::Up);
        assert_eq!(console.editor().text(), "time");
        control(&mut console, 'r');
        type_text(&mut console, "calc");
        assert_eq!(console.editor().text(), "calc 2");
        control(&mut console, 'r');
        assert_eq!(console.editor().text(), "calc 1");
        press(&mut console, Key::Escape);
        assert_eq!(console.editor().text(), "time");
    }

    #[test]
    fn hints_name_only_keys_that_work_now() {
        let mut console = console();
        let has = |console: &Console, key: &str| console.hints().iter().any(|hint| hint.0 == key);
        assert!(!has(&console, "Esc") && !has(&console, "Tab") && has(&console, "F1"));
        console.view.set_busy(true);
        type_text(&mut console, "/t");
        assert!(has(&console, "Esc") && has(&console, "Tab"));
    }

    #[test]
    fn ten_thousand_characters_are_all_kept_and_sent() {
        let mut console = console();
        for index in 0..10_000 {
            type_text(&mut console, if index % 7 == 0 { " " } else { "x" });
        }
        assert!(console.notice().is_none());
        let Some(ConsoleAction::Submit(text)) = press(&mut console, Key::Enter) else { panic!() };
        assert_eq!(text.len(), 9_999, "all but the space in front");
    }

    #[test]
    fn a_full_line_says_so() {
        let mut console = console();
        console.editor.set_text(&"x".repeat(MAX_INPUT_BYTES));
        type_text(&mut console, "y");
        assert!(console.notice().unwrap().text.contains("full"));
        press(&mut console, Key::Backspace);
        assert!(console.notice().is_none());
    }
}
