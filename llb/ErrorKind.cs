namespace Cairn.Llb;

/// <summary>Who can do something about an error.</summary>
public enum ErrorKind
{
    /// <summary>The author of the build: a Dockerfile, a definition, a context, a command that failed.</summary>
    Input,

    /// <summary>The owner of the machine: disk, network, registry, runtime, permissions.</summary>
    Environment,

    /// <summary>The authors of this program.</summary>
    Internal,
}
