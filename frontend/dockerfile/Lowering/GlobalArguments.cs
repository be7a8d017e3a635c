using System.Globalization;
using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>The variables of FROM lines: platform arguments and the ARG instructions before the first FROM.</summary>
internal static class GlobalArguments
{
    public const string EpochName = "SOURCE_DATE_EPOCH";

    /// <exception cref="BuildException">A default cannot be expanded.</exception>
    public static VariableList Expand(ParsedDockerfile dockerfile, FrontendOptions options, Platform build, Platform target)
    {
        VariableList globals = VariableList.Empty;
        foreach ((string name, string value) in PlatformArguments(build, target, options.Target))
        {
            globals = globals.With(name, options.BuildArguments.TryGetValue(name, out string? given) ? given : value);
        }
        var expander = new WordExpander(dockerfile.Lines.Directives.Escape);
        foreach (ArgInstruction instruction in dockerfile.GlobalArguments)
        {
            foreach (KeyValue argument in instruction.Arguments)
            {
                try
                {
                    if (ValueOf(argument, expander, globals, options) is { } value)
                    {
                        globals = globals.With(expander.Expand(argument.Key, globals), value);
                    }
                }
                catch (SyntaxFault fault)
                {
                    throw DockerfileErrors.At(dockerfile.Source, instruction.Text.Lines, fault.Message, fault);
                }
            }
        }
        return globals;
    }

    /// <summary>The time that stands for every time of creation, or null.</summary>
    /// <exception cref="BuildException">It is no decimal number of seconds.</exception>
    public static long? Epoch(FrontendOptions options, VariableList globals)
    {
        string? text = options.BuildArguments.TryGetValue(EpochName, out string? given) ? given : globals.Find(EpochName);
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds)
            ? seconds
            : throw new BuildException(
                ErrorKind.Input, "", "", $"invalid SOURCE_DATE_EPOCH: {text}", "Give it as a decimal number of seconds since 1970.");
    }

    private static string? ValueOf(KeyValue argument, WordExpander expander, VariableList globals, FrontendOptions options)
    {
        if (options.BuildArguments.TryGetValue(argument.Key, out string? given))
        {
            return given;
        }
        return argument.Value is null ? null : expander.Expand(argument.Value, globals);
    }

    private static (string Name, string Value)[] PlatformArguments(Platform build, Platform target, string? targetStage) =>
    [
        ("BUILDPLATFORM", build.Format()),
        ("BUILDOS", build.Os),
        ("BUILDOSVERSION", build.OsVersion),
        ("BUILDARCH", build.Architecture),
        ("BUILDVARIANT", build.Variant),
        ("TARGETPLATFORM", target.Format()),
        ("TARGETOS", target.Os),
        ("TARGETOSVERSION", target.OsVersion),
        ("TARGETARCH", target.Architecture),
        ("TARGETVARIANT", target.Variant),
        ("TARGETSTAGE", targetStage ?? "default"),
    ];
}
