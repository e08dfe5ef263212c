// Why an int8 scan finds exactly the exact neighbours.
//
// A stored vector v is kept as codes c, bytes from −127 to 127, with a scale s, and as itself. Let e = v − s·c be what
// the codes miss. The query q is quantised too, to 15 bits: q = t·w + f, with integers w and a rest f. Then
//
//     q·v = t·s (w·c)  +  q·e  +  f·(s·c)
//
// because t·w·e + f·e = q·e. The first term is what the scan computes, in integers: exact. The other two are bounded by
// Cauchy and Schwarz, with s·c = v − e:
//
//     |q·v − t·s (w·c)|  ≤  ‖q‖‖e‖ + ‖f‖(‖v‖ + ‖e‖)  =  (‖q‖ + ‖f‖)‖e‖ + ‖f‖‖v‖
//
// ‖e‖ is computed in doubles when a row is written and rounded up to the next float; ‖q‖ and ‖f‖ likewise for each
// query; ‖v‖ is at most 1.001, which is checked on insertion. As w has 15 bits, ‖f‖ is about 1/128 of ‖e‖ and the
// bound about half of what an 8-bit query would give. It costs no memory traffic, and the scan is bound by memory.
//
// Rounding. The score that is reported is the dot product in doubles, rounded once to a float: it differs from q·v by
// less than 2^-24 × 1.003 + 5e-13 =: δ (`dot_float.c`). The product t·s·(w·c) has three roundings of 2^-53 each. The
// bound is widened by σ = 2^-23, which exceeds δ and those together. Let U and L be a row's upper and lower bound. If
// U(a) < L(b), then q·b − q·a > 2σ, so the reported scores differ by more than 2σ − 2δ > 0: a comes strictly after b,
// whatever their numbers. If U(a) < m, then a's reported score is below m.
//
// So with m the least score asked for and L_k the k-th largest lower bound, every row with U < max(L_k, m) may be left
// out. The rest is scored in full, in descending order of U, until U falls below the k-th best reported score, which is
// at least as good a limit as L_k. What remains is sorted by score, then by number.
//
// For pairs both sides have 8 bits: a = s·c + e, b = s'·c' + e', and
//
//     |a·b − s·s'(c·c')| = |a·e' + e·(s'c')|  ≤  ‖a‖‖e'‖ + ‖e‖(‖b‖ + ‖e'‖)
//
// which `bounds.c` evaluates in single precision, widened by 2e-6 for its own rounding and σ.

import CVectorKernels
import SemblanceCore

/// A query, checked and quantised, that several threads may use at once.
final class PreparedQuery: @unchecked Sendable {
    let values: [Float]
    let instructionSet: Int32
    // Filled once by `init`; `quantised` points into them.
    private let high: UnsafeMutablePointer<Int8>
    private let low: UnsafeMutablePointer<Int8>
    let quantised: cvk_query

    init(_ query: Embedding, instructionSet: Int32 = cvk_best_isa()) {
        values = query.values
        self.instructionSet = instructionSet
        high = .allocate(capacity: values.count)
        low = .allocate(capacity: values.count)
        quantised = cvk_quantise_query(values, values.count, high, low)
    }

    deinit {
        high.deallocate()
        low.deallocate()
    }

    /// The exact score of a row.
    func score(_ vector: UnsafePointer<Float>) -> Float {
        Float(cvk_dot_float(instructionSet, values, vector, values.count))
    }
}

extension Embedding {
    /// Checks what the bound relies on.
    /// - Throws: `index-dimension-mismatch` or `index-not-unit-length`.
    func validate(dimension expected: Int) throws {
        guard dimension == expected else {
            throw IndexError(.dimensionMismatch, "expected \(expected) dimensions, not \(dimension)")
        }
        let squares = values.withUnsafeBufferPointer {
            cvk_dot_float(cvk_best_isa(), $0.baseAddress, $0.baseAddress, $0.count)
        }
        // Written so that a NaN fails.
        guard abs(squares.squareRoot() - 1) <= 1e-3 else {
            throw IndexError(.notUnitLength, "expected a vector of unit length, not \(squares.squareRoot())")
        }
    }
}
