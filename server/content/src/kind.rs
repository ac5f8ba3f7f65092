//! The categories of prompt injection.

use std::fmt;

/// The category of a prompt injection. A text may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Asks to ignore earlier instructions, or claims that they no longer apply.
    InstructionOverride,
    /// Assigns the assistant a role without rules.
    Persona,
    /// Imitates the markers that separate system, user and assistant, or that end the data.
    FakeRoleMarkers,
    /// Imitates a tool call, or requests one.
    ToolCallRequest,
    /// Asks to reveal or send secrets, prompts or conversations.
    Exfiltration,
    /// Asks to hide something from the user.
    Concealment,
    /// Claims a permission or an approval, or asks to bypass the user.
    Authority,
    /// Addresses an assistant with a command.
    AddressesAssistant,
    /// Contains letters that are invisible or displayed in another order.
    HiddenText,
    /// One of the other categories in an encoding.
    Encoded,
}

impl Kind {
    /// All categories.
    pub const ALL: [Self; 10] = [
        Self::InstructionOverride,
        Self::Persona,
        Self::FakeRoleMarkers,
        Self::ToolCallRequest,
        Self::Exfiltration,
        Self::Concealment,
        Self::Authority,
        Self::AddressesAssistant,
        Self::HiddenText,
        Self::Encoded,
    ];

    /// The label in metrics, ledger and results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InstructionOverride => "instruction_override",
            Self::Persona => "persona",
            Self::FakeRoleMarkers => "fake_role_markers",
            Self::ToolCallRequest => "tool_call_request",
            Self::Exfiltration => "exfiltration",
            Self::Concealment => "concealment",
            Self::Authority => "authority",
            Self::AddressesAssistant => "addresses_assistant",
            Self::HiddenText => "hidden_text",
            Self::Encoded => "encoded",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
