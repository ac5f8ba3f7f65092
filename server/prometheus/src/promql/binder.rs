//! [`bind`]: checks the grammar of a query, and writes the query with a matcher in every selector.
//!
//! Prometheus' grammar (`promql/parser/generated_parser.y`) never has two operands side by side, so the position alone shows whether a
//! word is a metric, a function, an operator or a label, and neither precedence nor types matter here.

use super::{
    BindError, MAX_QUERY_BYTES, ModelMatcher,
    token::{Token, TokenKind, tokens},
};

/// Deepest nesting of a query.
const MAX_DEPTH: usize = 64;

/// The query with the matcher in every selector.
///
/// # Errors
/// [`BindError`] for what is not in the grammar, and for queries that are too long or too deep.
pub fn bind(query: &str, matcher: &ModelMatcher) -> Result<String, BindError> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(BindError::new(query, 0, format!("the query is longer than {MAX_QUERY_BYTES} bytes")));
    }
    let tokens = tokens(query)?;
    let (matcher, written) = (matcher.to_string(), String::new());
    let mut binder = Binder { query, tokens: &tokens, next: 0, depth: 0, matcher, written, opened: false };
    binder.expression()?;
    match binder.peek() {
        None => Ok(binder.written),
        Some(token) => Err(binder.unexpected(token)),
    }
}

struct Binder<'q> {
    query: &'q str,
    tokens: &'q [Token<'q>],
    next: usize,
    depth: usize,
    matcher: String,
    written: String,
    /// The last text written is a bracket that opens, or a colon.
    opened: bool,
}

type Done = Result<(), BindError>;

impl<'q> Binder<'q> {
    fn peek(&self) -> Option<Token<'q>> {
        self.tokens.get(self.next).copied()
    }

    /// Whether the next token is this sign.
    fn at(&self, sign: &str) -> bool {
        self.peek().is_some_and(|token| token.kind == TokenKind::Sign && token.text == sign)
    }

    /// Whether the next token is one of these keywords, in any case.
    fn at_word(&self, words: &[&str]) -> bool {
        let matches = |token: Token<'_>| words.iter().any(|word| token.text.eq_ignore_ascii_case(word));
        self.peek().is_some_and(|token| token.kind == TokenKind::Word && matches(token))
    }

    fn unexpected(&self, token: Token<'_>) -> BindError {
        BindError::new(self.query, token.offset, format!("`{}` is not expected here", shorten(token.text)))
    }

    fn fail<T>(&self, wanted: &str) -> Result<T, BindError> {
        match self.peek() {
            None => {
                Err(BindError::new(self.query, self.query.len(), format!("the query ends where {wanted} is expected")))
            }
            Some(token) => {
                let reason = format!("{wanted} is expected, not `{}`", shorten(token.text));
                Err(BindError::new(self.query, token.offset, reason))
            }
        }
    }

    /// Writes a text, apart from the one before except at brackets.
    fn write(&mut self, text: &str) {
        let close = matches!(text, ")" | "}" | "]" | "," | "(" | "[" | "{" | ":");
        if !(self.written.is_empty() || close || self.opened) {
            self.written.push(' ');
        }
        self.written.push_str(text);
        self.opened = matches!(text, "(" | "{" | "[" | ":");
    }

    /// Writes the next token.
    fn take(&mut self) {
        if let Some(token) = self.peek() {
            self.write(token.text);
            self.next += 1;
        }
    }

    fn take_sign(&mut self, sign: &str) -> Done {
        if !self.at(sign) {
            return self.fail(&format!("`{sign}`"));
        }
        self.take();
        Ok(())
    }

    fn take_kind(&mut self, kind: TokenKind, wanted: &str) -> Done {
        if self.peek().is_none_or(|token| token.kind != kind) {
            return self.fail(wanted);
        }
        self.take();
        Ok(())
    }

    fn take_if(&mut self, sign: &str) -> bool {
        let at = self.at(sign);
        if at {
            self.take();
        }
        at
    }

    /// Operands with operators between them.
    fn expression(&mut self) -> Done {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let offset = self.peek().map_or(0, |token| token.offset);
            return Err(BindError::new(self.query, offset, format!("the query is nested more than {MAX_DEPTH} deep")));
        }
        self.operand()?;
        while self.binary_operator()? {
            self.operand()?;
        }
        self.depth -= 1;
        Ok(())
    }

    /// An operator and its modifiers, if there is one.
    fn binary_operator(&mut self) -> Result<bool, BindError> {
        const SIGNS: [&str; 12] = ["+", "-", "*", "/", "%", "^", "==", "!=", "<=", "<", ">=", ">"];
        let sign = self.peek().is_some_and(|token| token.kind == TokenKind::Sign && SIGNS.contains(&token.text));
        if !sign && !self.at_word(&["and", "or", "unless", "atan2"]) {
            return Ok(false);
        }
        self.take();
        if self.at_word(&["bool"]) {
            self.take();
        }
        if self.at_word(&["on", "ignoring"]) {
            self.take();
            self.labels()?;
            if self.at_word(&["group_left", "group_right"]) {
                self.take();
                // as Prometheus reads it: parentheses after it always have labels
                if self.at("(") {
                    self.labels()?;
                }
            }
        }
        Ok(true)
    }

    /// One operand with its signs, ranges and offsets.
    fn operand(&mut self) -> Done {
        while self.at("+") || self.at("-") {
            self.take();
        }
        let Some(token) = self.peek() else { return self.fail("an expression") };
        match token.kind {
            TokenKind::Text | TokenKind::Number => self.take(),
            TokenKind::Word => self.word(token)?,
            TokenKind::Sign if token.text == "(" => {
                self.take();
                self.expression()?;
                self.take_sign(")")?;
            }
            TokenKind::Sign if token.text == "{" => self.matchers()?,
            TokenKind::Sign => return Err(self.unexpected(token)),
        }
        self.modifiers()
    }

    /// A number, a call, or a metric.
    fn word(&mut self, token: Token<'q>) -> Done {
        if ["inf", "nan"].iter().any(|word| token.text.eq_ignore_ascii_case(word)) {
            self.take();
            return Ok(());
        }
        let follows =
            |text: &str| self.tokens.get(self.next + 1).is_some_and(|next| next.text.eq_ignore_ascii_case(text));
        if follows("(") || follows("by") || follows("without") {
            return self.call(token);
        }
        self.take();
        self.matchers()
    }

    /// A function or an aggregation, with its labels before or after the arguments.
    fn call(&mut self, name: Token<'q>) -> Done {
        if name.text.eq_ignore_ascii_case("info") {
            let reason = "`info()` reads series of every model, so a query that is limited to one cannot use it";
            return Err(BindError::new(self.query, name.offset, reason));
        }
        if name.text.contains(':') {
            return Err(self.unexpected(name));
        }
        self.take();
        let grouped = self.grouping()?;
        self.take_sign("(")?;
        if !self.take_if(")") {
            self.expression()?;
            while self.take_if(",") {
                self.expression()?;
            }
            self.take_sign(")")?;
        }
        if !grouped {
            self.grouping()?;
        }
        Ok(())
    }

    fn grouping(&mut self) -> Result<bool, BindError> {
        if !self.at_word(&["by", "without"]) {
            return Ok(false);
        }
        self.take();
        self.labels()?;
        Ok(true)
    }

    /// Labels in parentheses.
    fn labels(&mut self) -> Done {
        self.take_sign("(")?;
        while !self.take_if(")") {
            self.label()?;
            if !self.take_if(",") {
                return self.take_sign(")");
            }
        }
        Ok(())
    }

    fn label(&mut self) -> Done {
        match self.peek() {
            Some(token) if token.kind == TokenKind::Word && !token.text.contains(':') => self.take(),
            Some(token) if token.kind == TokenKind::Text => self.take(),
            _ => return self.fail("a label"),
        }
        Ok(())
    }

    /// The matchers of a selector, if it has any, after the one of the model.
    fn matchers(&mut self) -> Done {
        self.write("{");
        let matcher = std::mem::take(&mut self.matcher);
        self.write(&matcher);
        self.matcher = matcher;
        if self.at("{") {
            self.next += 1;
            if self.at(",") {
                return self.fail("a matcher");
            }
            while !self.at("}") {
                self.write(",");
                self.one_matcher()?;
                if !self.at(",") {
                    break;
                }
                self.next += 1;
            }
            return self.take_sign("}");
        }
        self.write("}");
        Ok(())
    }

    /// A label, an operator and a string; or a string alone, which is a metric.
    fn one_matcher(&mut self) -> Done {
        let quoted = self.peek().is_some_and(|token| token.kind == TokenKind::Text);
        self.label()?;
        if quoted && (self.at(",") || self.at("}")) {
            return Ok(());
        }
        if !["=", "!=", "=~", "!~"].iter().any(|sign| self.at(sign)) {
            return self.fail("an operator of a matcher");
        }
        self.take();
        self.take_kind(TokenKind::Text, "a string")
    }

    /// Ranges, subqueries, `offset` and `@`.
    fn modifiers(&mut self) -> Done {
        loop {
            if self.take_if("[") {
                self.take_kind(TokenKind::Number, "a duration")?;
                if self.take_if(":") && !self.at("]") {
                    self.take_kind(TokenKind::Number, "a duration")?;
                }
                self.take_sign("]")?;
            } else if self.at_word(&["offset"]) {
                self.take();
                self.signed_number("a duration")?;
            } else if self.take_if("@") {
                if self.at_word(&["start", "end"]) {
                    self.take();
                    self.take_sign("(")?;
                    self.take_sign(")")?;
                } else {
                    self.signed_number("a time")?;
                }
            } else {
                return Ok(());
            }
        }
    }

    fn signed_number(&mut self, wanted: &str) -> Done {
        if self.at("+") || self.at("-") {
            self.take();
        }
        self.take_kind(TokenKind::Number, wanted)
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(40).collect()
}
