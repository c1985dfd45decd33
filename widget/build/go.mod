module github.com/parley-chat/parley/widget/build

go 1.26.0

require (
	github.com/andybalholm/brotli v1.3.0
	github.com/evanw/esbuild v0.28.2
	golang.org/x/text v0.44.0
)

require golang.org/x/sys v0.0.0-20220715151400-c0bba94af5f8 // indirect
