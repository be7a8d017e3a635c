using System.Globalization;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>The names under which steps are shown.</summary>
internal static class StepName
{
    /// <summary>The name of the next step: <c>[platform stage i/n] TEXT</c>.</summary>
    public static string Next(StageState stage, string text, bool showsPlatform)
    {
        if (stage.StepCount == 0)
        {
            return text;
        }
        stage.StepIndex++;
        string platform = showsPlatform ? $"{stage.Platform.Format()}{Target(stage)} " : "";
        string name = stage.ShownName is { } shown ? shown + " " : "";
        int width = stage.StepCount.ToString(CultureInfo.InvariantCulture).Length;
        string index = stage.StepIndex.ToString(CultureInfo.InvariantCulture).PadLeft(width);
        return $"[{platform}{name}{index}/{stage.StepCount}] {text}";
    }

    /// <summary>What the environment says is built, where it is not the stage's own platform: <c>->arm64</c>.</summary>
    private static string Target(StageState stage)
    {
        string? os = stage.Variables.Find("TARGETOS");
        string? architecture = stage.Variables.Find("TARGETARCH");
        if (string.IsNullOrEmpty(os) && string.IsNullOrEmpty(architecture))
        {
            return "";
        }
        Platform own = stage.Platform;
        Platform target = Platform.Create(
            string.IsNullOrEmpty(os) ? own.Os : os,
            string.IsNullOrEmpty(architecture) ? own.Architecture : architecture,
            stage.Variables.Find("TARGETVARIANT") ?? "");
        if (target.Os != own.Os)
        {
            return "->" + target.Format();
        }
        return target.Architecture == own.Architecture ? ""
            : "->" + target.Architecture + (target.Variant.Length > 0 ? "/" + target.Variant : "");
    }
}
