import SemblanceCore
import SemblanceIndex
import SemblanceStore

extension Backends {
    /// Everything in the data folder: SQLite, vector files, and a queue in this process.
    static func embedded(in folder: DataFolder, access: Access) async throws -> Backends {
        // First: a command that waits for the lock asks for it every second.
        let lock = try lock(folder, for: access)
        let database = try await SQLiteDatabase.open(
            path: folder.databasePath, role: lock == nil ? .reader : .writer)
        let catalogues = SQLiteCatalogueStore(database: database)
        let jobs = SQLiteJobStore(database: database)
        let indexes = LocalVectorIndexes(
            folder: folder.indexesPath, source: catalogues, filters: catalogues,
            access: lock == nil ? .readOnly : .readWrite)
        return Backends(
            catalogues: catalogues, jobs: jobs, queue: InProcessJobQueue(jobs: jobs),
            keys: SQLiteAPIKeyStore(database: database), files: LocalFileStore(folder: folder), indexes: indexes,
            jobsRun: lock == nil ? .byWriter : .here, place: folder.path, lock: lock)
    }

    private static func lock(_ folder: DataFolder, for access: Access) throws -> DataFolderLock? {
        switch access {
        case .read: return nil
        case .write: return try folder.lock()
        case .writeOrHandOver:
            do {
                return try folder.lock()
            } catch let error as StoreError where error.code == .dataFolderInUse {
                return nil
            }
        }
    }
}
