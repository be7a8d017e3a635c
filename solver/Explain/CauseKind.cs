using System.Text.Json.Serialization;

namespace Cairn.Solver.Explain;

/// <summary>Why a step was carried out. The names in JSON are those of the members in kebab case.</summary>
[JsonConverter(typeof(CauseKindConverter))]
public enum CauseKind
{
    /// <summary>No earlier build of this store has such a step.</summary>
    NoEarlierStep,

    /// <summary>Files that the step takes differ: <see cref="Cause.Files"/>.</summary>
    Files,

    /// <summary>A build argument has another value: subject is its name.</summary>
    BuildArgument,

    /// <summary>A variable of the environment has another value: subject is its name.</summary>
    Environment,

    /// <summary>The instruction says something else: field tells what of it, subject which one where there are several.</summary>
    Instruction,

    /// <summary>The step is made for another platform.</summary>
    Platform,

    /// <summary>The image of a name is another one now: subject is the name, old and new are digests.</summary>
    Image,

    /// <summary>The ref of a repository leads to another commit: subject is the repository, old and new are commits.</summary>
    Git,

    /// <summary>A URL gives another file: subject is the URL, old and new are digests.</summary>
    Http,

    /// <summary>A step was put in before it: new is the name of the step.</summary>
    StepInserted,

    /// <summary>A step before it was taken out: old is the name of the step.</summary>
    StepRemoved,

    /// <summary>The step stands on another one: old and new are their names.</summary>
    InputReplaced,

    /// <summary>The collector removed the result: rule and time say which and when.</summary>
    Evicted,

    /// <summary>The build said that the cache is not to be used: rule is the flag, subject the stage where one was named.</summary>
    NoCache,

    /// <summary>The result was there, and its bytes were gone or could not be read.</summary>
    Lost,

    /// <summary>The cache could not be asked.</summary>
    CacheUnavailable,

    /// <summary>An imported cache could not be asked: subject names it, detail says how that failed.</summary>
    ImportFailed,

    /// <summary>The imported caches that were asked do not have it: subject names them, detail says what they lack.</summary>
    ImportMissing,

    /// <summary>The earlier step gave no result: it failed, was cancelled, or its build was killed.</summary>
    NoResult,

    /// <summary>The step is never cached: its key counts for one session only.</summary>
    NeverCached,

    /// <summary>The step is the same as before, its result is not in the cache, and nothing tells why.</summary>
    Unknown,
}
