#!/bin/sh
# Writes Sources/SemblanceVision/ONNX/onnx.pb.swift from onnx.proto. Needed only after a change of onnx.proto.
#
# Usage: scripts/generate-onnx.sh [FOLDER]
# FOLDER is a checkout of swift-protobuf 1.39.0; by default the one that SwiftPM fetched for this project.
# Needs protoc (Debian: protobuf-compiler). The plug-in is built in a private copy, once.
set -eu

project=$(cd "$(dirname "$0")/.." && pwd)
source=${1:-$project/.build/checkouts/swift-protobuf}
private=$project/.deps/swift-protobuf

command -v protoc >/dev/null || { echo "protoc is missing: apt-get install protobuf-compiler" >&2; exit 1; }
[ -d "$source" ] || { echo "there is no $source: run 'swift package resolve' first" >&2; exit 1; }

if [ ! -x "$private/.build/debug/protoc-gen-swift" ]; then
    mkdir -p "$private"
    cp -R "$source/." "$private/"
    swift build --package-path "$private" -c debug --product protoc-gen-swift
fi

cd "$project/Sources/SemblanceVision/ONNX"
protoc --plugin="$private/.build/debug/protoc-gen-swift" --swift_out=. onnx.proto
echo "wrote Sources/SemblanceVision/ONNX/onnx.pb.swift"
