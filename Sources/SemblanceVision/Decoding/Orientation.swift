/// EXIF orientation: how the stored rows and columns lie in the upright image. Raw values are EXIF's, 1…8.
package enum Orientation: Int, Hashable, Sendable, CaseIterable {
    case upright = 1
    case mirrored = 2
    case upsideDown = 3
    case mirroredUpsideDown = 4
    case transposed = 5
    case turnedLeft = 6
    case transverse = 7
    case turnedRight = 8

    /// Whether the file's rows are the upright image's columns.
    package var isTransposed: Bool { rawValue >= 5 }

    /// Whether the upright image's columns, left to right, run against the file's order.
    package var mirrorsColumns: Bool {
        switch self {
        case .mirrored, .upsideDown, .turnedLeft, .transverse: true
        default: false
        }
    }

    /// Whether the upright image's rows, top to bottom, run against the file's order.
    package var mirrorsRows: Bool {
        switch self {
        case .upsideDown, .mirroredUpsideDown, .transverse, .turnedRight: true
        default: false
        }
    }
}
