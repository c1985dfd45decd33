package chat

// Words returns what is looked for.
func (s *Search) Words() []string { return s.words }
