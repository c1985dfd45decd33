package console

// MaxFieldPages is maxFieldPages.
const MaxFieldPages = maxFieldPages
