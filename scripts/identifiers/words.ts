/** Words for made sentences that name nobody. */
export const jobs =
  'teacher|nurse|engineer|driver|CEO|CFO|director|publicist|manager|spokesman|Vice President|chairman|farmer|lawyer|singer|Minister of Health|Chief Technology Officer|secretary|coach|pharmacist|clerk|editor|Head of Sales|baker|physicist|Mayor|analyst|Technical Director'.split(
    '|',
  );
export const nationalities =
  'American|British|French|German|Italian|Spanish|Polish|Swedish|Danish|Dutch|Greek|Turkish|Russian|Ukrainian|Chinese|Japanese|Korean|Indian|Pakistani|Egyptian|Nigerian|Kenyan|Brazilian|Mexican|Canadian|Australian|Irish|Scottish|Welsh|Thai|Vietnamese|Iranian|Arab|Jewish|Peruvian|Chilean|Hungarian|Czech|Belgian|Swiss|Austrian|Portuguese'.split(
    '|',
  );
export const objects =
  'card|account|invoice|statement|password|balance|loan|mortgage|letter|ticket|phone|car|house|garden|story|movie|song|book|chair|window|river|bridge|machine|doctor|meeting|question|answer|lesson|picture|shoe|coffee|bread|horse|ship|train|engine|guitar|choir|winter|evening|morning|contract|signature|branch|fee|refund|delivery'.split(
    '|',
  );
export const conditions =
  "diabetes|type 2 diabetes|HTN|hypertension|COPD|CHF|CAD|asthma|pneumonia|Parkinson's disease|Alzheimer's disease|Crohn's disease|Hodgkin lymphoma|Graves disease|Addison's disease|Bell's palsy|Down syndrome|Cushing syndrome|Raynaud phenomenon|Sjogren syndrome|atrial fibrillation|a fib|GERD|depression|anxiety|UTI|sepsis|DVT|PE|stroke|TIA|migraine|gout|lupus|anemia|hypothyroidism|hyperlipidemia|CKD stage 3|osteoarthritis|breast cancer|colon cancer|Barrett esophagus|Hashimoto thyroiditis|Wilson disease|Marfan syndrome|Paget disease|Baker cyst|Colles fracture|Charcot foot|Dupuytren contracture|Meniere disease".split(
    '|',
  );
export const medicines =
  'Lasix|Lisinopril|Metformin|metoprolol|Zofran|Tylenol|aspirin|Coumadin|warfarin|Eliquis|Lipitor|atorvastatin|Norvasc|amlodipine|insulin|Lantus|Humalog|Synthroid|levothyroxine|Prilosec|omeprazole|Zoloft|sertraline|gabapentin|Percocet|morphine|heparin|Lovenox|Vancomycin|Zosyn|Ativan|Haldol|Seroquel|prednisone|albuterol|Flagyl|Bactrim|Keppra|Xarelto|Plavix|Ambien|Benadryl|Colace|Senna'.split(
    '|',
  );
