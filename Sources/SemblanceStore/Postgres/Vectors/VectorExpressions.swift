/// How vectors are compared in SQL: the stored ones, and what an HNSW index keeps of them.
///
/// Vectors are of unit length, so that the negative inner product `<#>` orders them as cosine distance does, and is
/// half the work. Nothing here comes from a user.
package struct VectorExpressions: Hashable, Sendable {
    let element: EmbeddingTable.Element
    let dimension: Int
    /// What the index keeps.
    package let kind: VectorIndexConfiguration.Kind

    /// The kind asked for, or the next one that takes so many dimensions.
    package init(element: EmbeddingTable.Element, dimension: Int, preferring kind: VectorIndexConfiguration.Kind) {
        self.element = element
        self.dimension = dimension
        switch (kind, dimension) {
        case (.binary, _), (_, 4001...): self.kind = .binary
        case (.halfvec, _), (_, 2001...): self.kind = .halfvec
        case (.vector, _): self.kind = element == .halfvec ? .halfvec : .vector
        }
    }

    private var half: String { "halfvec(\(dimension))" }
    private var bits: String { "bit(\(dimension))" }

    /// Minus the score, of column `vector` of a table, and a vector given as SQL.
    func distance(_ table: String, _ query: String) -> String {
        "\(table).vector <#> \(query)::vector" + (element == .halfvec ? "::\(half)" : "")
    }

    /// What the index orders by.
    func indexDistance(_ table: String, _ query: String) -> String {
        let key = key(of: "\(table).vector")
        switch kind {
        case .vector: return "\(key) <#> \(query)::vector"
        case .halfvec: return "\(key) <#> \(query)::vector::\(half)"
        case .binary: return "\(key) <~> binary_quantize(\(query)::vector)::\(bits)"
        }
    }

    /// What is indexed and how, for `CREATE INDEX … USING hnsw (…)`.
    package var indexKey: String {
        switch kind {
        case .vector: "vector vector_ip_ops"
        case .halfvec: "\(key(of: "vector")) halfvec_ip_ops"
        case .binary: "\(key(of: "vector")) bit_hamming_ops"
        }
    }

    private func key(of column: String) -> String {
        switch kind {
        case .vector: column
        case .halfvec: element == .halfvec ? column : "(\(column)::\(half))"
        case .binary: "(binary_quantize(\(column))::\(bits))"
        }
    }
}
