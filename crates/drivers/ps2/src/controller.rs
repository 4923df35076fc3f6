//! The i8042 keyboard controller, or what plays it in a modern chip set.
//!
//! Every wait is bounded, so that a machine without the controller, or with a broken one, starts
//! without a keyboard instead of not at all.

use core::fmt;
use system_platform::PortIo;

/// Data to and from the keyboard, and parameters of controller commands.
const DATA_PORT: u16 = 0x60;
/// Status when read, controller commands when written.
const COMMAND_PORT: u16 = 0x64;

// Status register (IBM PS/2 Hardware Interface Technical Reference, keyboard controller).
/// A byte waits in the data port.
const OUTPUT_FULL: u8 = 1 << 0;
/// The controller has not taken the last byte written yet.
const INPUT_FULL: u8 = 1 << 1;
/// The waiting byte is the mouse's.
const FROM_MOUSE: u8 = 1 << 5;
/// What reading a port without a device gives.
const FLOATING_BUS: u8 = 0xFF;

// Controller commands.
const READ_CONFIG: u8 = 0x20;
const WRITE_CONFIG: u8 = 0x60;
const DISABLE_MOUSE: u8 = 0xA7;
const SELF_TEST: u8 = 0xAA;
const TEST_KEYBOARD_PORT: u8 = 0xAB;
const DISABLE_KEYBOARD: u8 = 0xAD;
const ENABLE_KEYBOARD: u8 = 0xAE;
const PULSE_RESET: u8 = 0xFE;

// Their answers.
const SELF_TEST_PASSED: u8 = 0x55;
const PORT_TEST_PASSED: u8 = 0x00;

// Configuration byte.
/// IRQ 1 when a byte from the keyboard waits.
const KEYBOARD_IRQ: u8 = 1 << 0;
/// IRQ 12 when a byte from the mouse waits.
const MOUSE_IRQ: u8 = 1 << 1;
/// The keyboard's clock line is held down.
const KEYBOARD_CLOCK_OFF: u8 = 1 << 4;
/// Scan codes of set 2 are translated to set 1.
const TRANSLATE: u8 = 1 << 6;

// The keyboard's own commands and answers.
const ENABLE_SCANNING: u8 = 0xF4;
const ACK: u8 = 0xFA;

/// A port access takes about a microsecond on real hardware, so this is a wait of 100 ms: far more
/// than the self-test of a working controller takes.
const MAX_POLLS: usize = 100_000;
/// Bytes that can have gathered before the ports were switched off: the controller holds one, the
/// keyboard 16. A "controller" that has more than these is a floating bus or broken.
const MAX_STALE_BYTES: usize = 64;

/// Why there is no keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControllerError {
    /// No device answers at the controller's ports.
    Absent,
    /// The controller has bytes to read without end.
    NeverEmpty,
    /// The controller did not take a byte within the time limit.
    NotReady {
        /// The command in the course of which that was.
        command: u8,
    },
    /// The controller took a command and gave no answer within the time limit.
    NoAnswer {
        /// The command.
        command: u8,
    },
    /// The controller's test of itself failed.
    SelfTestFailed {
        /// Its answer, which should have been 0x55.
        answer: u8,
    },
    /// The line to the keyboard is broken.
    PortTestFailed {
        /// The answer: 1 clock low, 2 clock high, 3 data low, 4 data high.
        answer: u8,
    },
}

impl fmt::Display for ControllerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Absent => write!(f, "no keyboard controller"),
            Self::NeverEmpty => write!(f, "keyboard controller sends without end"),
            Self::NotReady { command } => {
                write!(f, "keyboard controller does not take command {command:#04x}")
            }
            Self::NoAnswer { command } => {
                write!(f, "keyboard controller does not answer command {command:#04x}")
            }
            Self::SelfTestFailed { answer } => {
                write!(f, "keyboard controller failed its self-test ({answer:#04x})")
            }
            Self::PortTestFailed { answer } => {
                write!(f, "line to the keyboard failed its test ({answer:#04x})")
            }
        }
    }
}

impl core::error::Error for ControllerError {}

/// What was found behind a working controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attached {
    /// A keyboard that answered.
    Keyboard,
    /// Nothing that answered; a keyboard plugged in later works all the same.
    Nothing,
}

/// The controller behind `ports`.
#[derive(Clone, Copy, Debug)]
pub struct Controller<P> {
    ports: P,
}

impl<P: PortIo> Controller<P> {
    /// Touches nothing yet.
    pub const fn new(ports: P) -> Self {
        Self { ports }
    }

    /// Brings controller and keyboard into a known state: keyboard on with IRQ 1 and scan code
    /// set 1, mouse off. To be called while IRQ 1 is masked, or its handler takes the answers.
    ///
    /// # Errors
    /// What is missing or broken; the machine can go on without a keyboard.
    pub fn initialize(&self) -> Result<Attached, ControllerError> {
        if self.ports.read_u8(COMMAND_PORT) == FLOATING_BUS {
            return Err(ControllerError::Absent);
        }
        self.command(DISABLE_KEYBOARD)?;
        self.command(DISABLE_MOUSE)?;
        self.drain()?;

        let config = self.ask(READ_CONFIG)?;
        let quiet = config & !(KEYBOARD_IRQ | MOUSE_IRQ);
        self.command_with(WRITE_CONFIG, quiet)?;
        match self.ask(SELF_TEST)? {
            SELF_TEST_PASSED => {}
            answer => return Err(ControllerError::SelfTestFailed { answer }),
        }
        match self.ask(TEST_KEYBOARD_PORT)? {
            PORT_TEST_PASSED => {}
            answer => return Err(ControllerError::PortTestFailed { answer }),
        }

        self.command(ENABLE_KEYBOARD)?;
        // The self-test resets some controllers, so the whole byte is written again. Interrupts
        // stay off until the keyboard's answer has been read here.
        let polled = (quiet | TRANSLATE) & !KEYBOARD_CLOCK_OFF;
        self.command_with(WRITE_CONFIG, polled)?;
        let attached = self.wake_keyboard();
        self.command_with(WRITE_CONFIG, polled | KEYBOARD_IRQ)?;
        Ok(attached)
    }

    /// The waiting byte of the keyboard, if there is one. For the handler of IRQ 1, and safe to
    /// call at any time. A byte of the mouse is taken and dropped.
    pub fn read_scancode(&self) -> Option<u8> {
        let status = self.ports.read_u8(COMMAND_PORT);
        if status == FLOATING_BUS || status & OUTPUT_FULL == 0 {
            return None;
        }
        let byte = self.ports.read_u8(DATA_PORT);
        (status & FROM_MOUSE == 0).then_some(byte)
    }

    /// Resets the machine through the controller, as every PC can. Returns if that had no effect.
    pub fn reset_machine(&self) {
        // Even a controller that does not look ready gets the command: nothing is left to lose.
        self.wait_writable();
        self.ports.write_u8(COMMAND_PORT, PULSE_RESET);
    }

    /// Tells the keyboard to report keys (the firmware may have left it silent).
    fn wake_keyboard(&self) -> Attached {
        if !self.wait_writable() {
            return Attached::Nothing;
        }
        self.ports.write_u8(DATA_PORT, ENABLE_SCANNING);
        // Keys pressed in this very moment may stand before the answer.
        let answered = (0..MAX_STALE_BYTES).map_while(|_| self.wait_byte()).any(|b| b == ACK);
        if answered { Attached::Keyboard } else { Attached::Nothing }
    }

    /// Throws away what waits in the data port.
    fn drain(&self) -> Result<(), ControllerError> {
        for _ in 0..MAX_STALE_BYTES {
            if self.ports.read_u8(COMMAND_PORT) & OUTPUT_FULL == 0 {
                return Ok(());
            }
            self.ports.read_u8(DATA_PORT);
        }
        Err(ControllerError::NeverEmpty)
    }

    fn command(&self, command: u8) -> Result<(), ControllerError> {
        if !self.wait_writable() {
            return Err(ControllerError::NotReady { command });
        }
        self.ports.write_u8(COMMAND_PORT, command);
        Ok(())
    }

    fn command_with(&self, command: u8, parameter: u8) -> Result<(), ControllerError> {
        self.command(command)?;
        if !self.wait_writable() {
            return Err(ControllerError::NotReady { command });
        }
        self.ports.write_u8(DATA_PORT, parameter);
        Ok(())
    }

    fn ask(&self, command: u8) -> Result<u8, ControllerError> {
        self.command(command)?;
        self.wait_byte().ok_or(ControllerError::NoAnswer { command })
    }

    /// Waits until the controller takes a byte; `false` when it does not.
    fn wait_writable(&self) -> bool {
        (0..MAX_POLLS).any(|_| self.ports.read_u8(COMMAND_PORT) & INPUT_FULL == 0)
    }

    /// Waits for a byte and takes it.
    fn wait_byte(&self) -> Option<u8> {
        (0..MAX_POLLS)
            .any(|_| self.ports.read_u8(COMMAND_PORT) & OUTPUT_FULL != 0)
            .then(|| self.ports.read_u8(DATA_PORT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{FakeController, Fault};

    fn initialize(fault: Fault) -> (Result<Attached, ControllerError>, FakeController) {
        let fake = FakeController::with(fault);
        (Controller::new(&fake).initialize(), fake)
    }

    #[test]
    fn leaves_keyboard_on_with_interrupts_and_translation_and_mouse_off() {
        let (result, fake) = initialize(Fault::None);
        assert_eq!(result, Ok(Attached::Keyboard));
        assert_eq!(
            fake.config() & (KEYBOARD_IRQ | MOUSE_IRQ | KEYBOARD_CLOCK_OFF | TRANSLATE),
            0x41
        );
        assert!(fake.keyboard_is_scanning());
        assert!(!fake.mouse_is_on());

        fake.press(&[0x1E, 0x9E]);
        let controller = Controller::new(&fake);
        assert_eq!(controller.read_scancode(), Some(0x1E));
        assert_eq!(controller.read_scancode(), Some(0x9E));
        assert_eq!(controller.read_scancode(), None);
    }

    #[test]
    fn survives_a_self_test_that_resets_the_configuration() {
        let (result, fake) = initialize(Fault::SelfTestResetsConfig);
        assert_eq!(result, Ok(Attached::Keyboard));
        assert_eq!(fake.config() & (KEYBOARD_IRQ | MOUSE_IRQ | TRANSLATE), 0x41);
    }

    #[test]
    fn drops_what_was_typed_before_and_keeps_order() {
        let fake = FakeController::with(Fault::None);
        fake.press(&[0x1E; 10]);
        assert_eq!(Controller::new(&fake).initialize(), Ok(Attached::Keyboard));
        assert_eq!(Controller::new(&fake).read_scancode(), None);
    }

    #[test]
    fn says_what_is_missing_or_broken() {
        for (fault, error) in [
            (Fault::Absent, ControllerError::Absent),
            (Fault::NeverEmpty, ControllerError::NeverEmpty),
            (Fault::InputStuck, ControllerError::NotReady { command: DISABLE_KEYBOARD }),
            (Fault::Mute, ControllerError::NoAnswer { command: READ_CONFIG }),
            (Fault::SelfTestAnswers(0xFC), ControllerError::SelfTestFailed { answer: 0xFC }),
            (Fault::PortTestAnswers(3), ControllerError::PortTestFailed { answer: 3 }),
        ] {
            let (result, fake) = initialize(fault);
            assert_eq!(result, Err(error));
            assert!(fake.accesses() < 2 * MAX_POLLS, "{error} took {}", fake.accesses());
        }
    }

    #[test]
    fn a_controller_without_keyboard_is_ready_for_one() {
        let (result, fake) = initialize(Fault::NoKeyboard);
        assert_eq!(result, Ok(Attached::Nothing));
        assert_eq!(fake.config() & (KEYBOARD_IRQ | TRANSLATE), KEYBOARD_IRQ | TRANSLATE);
    }

    #[test]
    fn mouse_bytes_and_a_floating_bus_are_no_scancodes() {
        let fake = FakeController::with(Fault::None);
        fake.move_mouse(&[0x08]);
        fake.press(&[0x39]);
        let controller = Controller::new(&fake);
        assert_eq!(controller.read_scancode(), None);
        assert_eq!(controller.read_scancode(), Some(0x39));
        assert_eq!(Controller::new(&FakeController::with(Fault::Absent)).read_scancode(), None);
    }

    #[test]
    fn resets_the_machine_even_when_stuck() {
        for fault in [Fault::None, Fault::InputStuck] {
            let fake = FakeController::with(fault);
            Controller::new(&fake).reset_machine();
            assert!(fake.was_reset());
        }
    }
}
