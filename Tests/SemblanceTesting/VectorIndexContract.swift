import SemblanceCore
import Testing
