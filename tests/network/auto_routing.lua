-- Orthanc sends every RT Plan, RT Dose and RT Structure Set that it receives to rtcheck.
local wanted = { RTPLAN = true, RTDOSE = true, RTSTRUCT = true }

function OnStoredInstance(instanceId, tags, metadata, origin)
  if wanted[tags["Modality"]] then
    SendToModality(instanceId, "rtcheck")
  end
end
