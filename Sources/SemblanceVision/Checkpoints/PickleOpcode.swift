/// The pickle instructions that a checkpoint may use: those that push data, and the three that name a class, call it
/// and set its state, which are checked against `PickleGlobal`.
///
/// Numbers from Python's `pickletools`, protocols 2 to 5.
enum PickleOpcode: UInt8 {
    // Stack
    case mark = 0x28  // (
    case stop = 0x2E  // .
    case pop = 0x30  // 0
    case popMark = 0x31  // 1
    case duplicate = 0x32  // 2
    // Numbers
    case int32 = 0x4A  // J
    case uint8 = 0x4B  // K
    case uint16 = 0x4D  // M
    case float64 = 0x47  // G
    case shortLong = 0x8A
    case none = 0x4E  // N
    case newTrue = 0x88
    case newFalse = 0x89
    // Text and bytes
    case string = 0x54  // T
    case shortString = 0x55  // U
    case unicode = 0x58  // X
    case shortUnicode = 0x8C
    case longUnicode = 0x8D
    // Containers
    case emptyTuple = 0x29  // )
    case tuple = 0x74  // t
    case tuple1 = 0x85
    case tuple2 = 0x86
    case tuple3 = 0x87
    case emptyList = 0x5D  // ]
    case list = 0x6C  // l
    case append = 0x61  // a
    case appends = 0x65  // e
    case emptyDictionary = 0x7D  // }
    case dictionary = 0x64  // d
    case setItem = 0x73  // s
    case setItems = 0x75  // u
    // Memory
    case get = 0x68  // h
    case longGet = 0x6A  // j
    case put = 0x71  // q
    case longPut = 0x72  // r
    case memoise = 0x94
    // Classes
    case global = 0x63  // c
    case stackGlobal = 0x93
    case reduce = 0x52  // R
    case build = 0x62  // b
    case persistentID = 0x51  // Q
    // Framing
    case protocolVersion = 0x80
    case frame = 0x95

    /// Instructions that make objects of any class, or name one through a table: never run.
    static let forbidden: [UInt8: String] = [
        0x69: "INST", 0x6F: "OBJ", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x92: "NEWOBJ_EX",
        0x50: "PERSID", 0x97: "NEXT_BUFFER",
    ]
}
